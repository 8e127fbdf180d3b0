"""People: sign-up, sign-in and sessions; docs/adr/0006-accounts.md says what may join later and where."""

from flask import Flask

from app.accounts import commands, models, passwords, sessions, views

__all__ = ["init_app", "models"]


def init_app(app: Flask) -> None:
    passwords.init_app(app)
    app.extensions["who"] = sessions.load
    app.register_blueprint(views.blueprint)
    app.cli.add_command(commands.group)
