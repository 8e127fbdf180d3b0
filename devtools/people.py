"""The people of the tests, with an account each: Alice owns things, Bob and Charlie own others."""

from __future__ import annotations

from flask import Flask

from app.accounts import service, tokens
from app.accounts.sessions import Account

Cast = dict[str, Account]
NAMES = ("alice", "bob", "charlie")
PASSWORD = "four plain words here"


def email(name: str) -> str:
    return f"{name}@example.org"


def create_accounts(app: Flask) -> Cast:
    with app.app_context():
        return {name: service.create(email(name), PASSWORD) for name in NAMES}


def create_token(app: Flask, account_id: int, scope: str = "write", days: int | None = None) -> str:
    """Create a token for the API; without `days` it is good for ever."""
    with app.app_context():
        return tokens.create(account_id, "a test", scope, days)
