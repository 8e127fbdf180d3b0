"""The people of the tests, with an account each: Alice owns things, Bob and Charlie own others."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import db
from app.accounts import service, sessions, tokens
from app.accounts.models import account
from app.accounts.sessions import Account

Cast = dict[str, Account]
NAMES = ("alice", "bob", "charlie")
PASSWORD = "four plain words here"


def email(name: str) -> str:
    return f"{name}@example.org"


def create_accounts(app: Flask) -> Cast:
    with app.app_context(), db.transaction():  # in one: on a server a commit takes as long as all else
        return {name: service.create(email(name), PASSWORD) for name in NAMES}


def find_accounts(app: Flask) -> Cast:
    """Return the accounts that are there already, none if one is missing."""
    with app.app_context():
        emails = [email(name) for name in NAMES]
        ids = {row.email: row.id for row in db.read(select(account).where(account.c.email.in_(emails)))}
    return {name: Account(ids[email(name)], email(name)) for name in NAMES} if len(ids) == len(NAMES) else {}


def browser_of(app: Flask, person: Account) -> FlaskClient:
    """Return a browser in which somebody has signed in by now."""
    browser = app.test_client()
    with app.app_context(), db.transaction():
        token = sessions.start(person.id, "")
    with browser.session_transaction() as session:
        session["token"] = token
        session.permanent = True
    return browser


def create_token(app: Flask, account_id: int, scope: str = "write", days: int | None = None) -> str:
    """Create a token for the API; without `days` it is good for ever."""
    with app.app_context():
        return tokens.create(account_id, "a test", scope, days)
