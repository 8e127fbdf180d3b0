"""People: sign-up, sign-in and sessions; docs/adr/0006-accounts.md says what may join later and where."""

from flask import Flask

from app.accounts import (
    api,
    by_mail,
    commands,
    deletion,
    factor_views,
    mail_views,
    models,
    oidc,
    oidc_views,
    passkey_views,
    passwords,
    sessions,
    token_views,
    tokens,
    views,
)
from app.web import access

__all__ = ["deletion", "factor_views", "init_app", "mail_views", "models", "oidc_views", "passkey_views", "token_views"]


def init_app(app: Flask) -> None:
    passwords.init_app(app)
    by_mail.init_app(app)
    deletion.init_app(app)
    oidc.init_app(app)
    access.admit_accounts(app, load_account=sessions.load, authenticate=tokens.enter)
    app.register_blueprint(views.blueprint)
    app.register_blueprint(api.blueprint)
    app.before_request(factor_views.require_factor)
    app.cli.add_command(commands.group)
