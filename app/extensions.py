"""The Flask extensions, one instance each, shared by all features."""

from functools import lru_cache

from flask import Flask, current_app, session
from flask.sessions import SecureCookieSessionInterface
from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import MetaData

# Every constraint has a name, so that a later migration can drop it on any database.
NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

db = SQLAlchemy(metadata=MetaData(naming_convention=NAMES))
migrate = Migrate()
csrf = CSRFProtect()
bootstrap = Bootstrap5()


def init_app(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db)
    csrf.init_app(app)
    app.jinja_env.globals["csrf_token"] = csrf_token
    app.session_interface = Sessions()
    bootstrap.init_app(app)


class Sessions(SecureCookieSessionInterface):
    """Flask's own signed cookie; the signer is made once, not for every request (20 microseconds)."""

    def __init__(self) -> None:
        self.signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        self.signer = self.signer or super().get_signing_serializer(app)
        return self.signer


def csrf_token() -> str:
    """Return the token for the forms of a page. Signing takes 40 microseconds, and a session's token stays the same."""
    return _csrf_token(current_app.secret_key, session["csrf_token"]) if "csrf_token" in session else generate_csrf()


@lru_cache(maxsize=10_000)
def _csrf_token(_key: object, _of_the_session: str) -> str:
    token: str = generate_csrf()
    return token
