"""Who is signed in: the rows behind the token in the browser's cookie.

The token is random and lies in Flask's signed session cookie; the table knows only its SHA-256. Deleting the row ends
the session wherever the cookie has been copied to.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from flask import g, session
from sqlalchemy import bindparam, delete, insert, select, update

from app import clock, db
from app.accounts.devices import device
from app.accounts.models import account_session
from app.errors import Unavailable

LIFETIME = 30 * clock.DAY  # from the sign-in, however often it is used; the cookie lives as long
SEEN_AGAIN_AFTER = clock.HOUR  # so that reading pages does not write
LARGEST_LIST = 100


class Account(NamedTuple):
    """Somebody with an account, as the rest of the application knows them."""

    id: int
    email: str


@dataclass(frozen=True, slots=True)
class Session:
    """One place where somebody is signed in."""

    started: datetime
    seen: datetime
    device: str
    is_this: bool


# --- The cookie --------------------------------------------------------------------------------------------------


def load() -> Account | None:
    """Return who is signed in with this request, looked up once."""
    if "account" not in g:
        token = session.get("token")
        g.account = find(token) if token else None
    found: Account | None = g.account
    return found


def remember(token: str) -> None:
    """Let the browser hold `token`, and nothing of what it held before: not even the token of its forms."""
    forget()
    session["token"] = token
    session.permanent = True


def forget() -> None:
    """End the session of this browser, if there is one."""
    token = session.get("token")
    session.clear()
    g.pop("account", None)
    if token:
        end(token)


# --- The table ---------------------------------------------------------------------------------------------------

_FIND = db.PreparedQuery(
    "SELECT account.id, account.email, account_session.seen_at"
    " FROM account_session JOIN account ON account.id = account_session.account_id"
    " WHERE account_session.digest = :digest AND account_session.expires_at > :now"
)
_SEEN = update(account_session).where(account_session.c.digest == bindparam("of")).values(seen_at=bindparam("now"))


def find(token: str) -> Account | None:
    """Return whose session this is, None when it has ended."""
    now = clock.now_us()
    for account_id, email, seen_at in _FIND.rows(digest=digest(token), now=now):
        if now - seen_at > SEEN_AGAIN_AFTER:
            _see(token, now)
        return Account(account_id, email)
    return None


def _see(token: str, now: int) -> None:
    try:
        with db.transaction() as connection:
            connection.execute(_SEEN, {"of": digest(token), "now": now})
    except Unavailable:
        # A database that takes no writes for a moment, as in a failover, can still be read.
        db.release()


@db.in_transaction
def start(account_id: int, user_agent: str) -> str:
    """Store a new session, drop the person's expired ones, and return the new token."""
    token = secrets.token_urlsafe(32)
    now = clock.now_us()
    connection = db.connection()
    connection.execute(
        delete(account_session).where(account_session.c.account_id == account_id, account_session.c.expires_at <= now)
    )
    connection.execute(
        insert(account_session),
        {
            "account_id": account_id,
            "digest": digest(token),
            "created_at": now,
            "seen_at": now,
            "expires_at": now + LIFETIME,
            "user_agent": user_agent[:200],
        },
    )
    return token


@db.in_transaction
def end(token: str) -> None:
    db.connection().execute(delete(account_session).where(account_session.c.digest == digest(token)))


@db.in_transaction
def end_others(account_id: int, token: str | None) -> None:
    """End all sessions of the person but the one of `token`."""
    others = [account_session.c.account_id == account_id]
    if token:
        others.append(account_session.c.digest != digest(token))
    db.connection().execute(delete(account_session).where(*others))


def list_sessions(account_id: int, token: str) -> list[Session]:
    """Return where the person is signed in, last seen first, the hundred newest at most."""
    statement = (
        select(account_session)
        .where(account_session.c.account_id == account_id, account_session.c.expires_at > clock.now_us())
        .order_by(account_session.c.seen_at.desc(), account_session.c.digest)
        .limit(LARGEST_LIST)
    )
    return [
        Session(
            clock.to_datetime(row.created_at),
            clock.to_datetime(row.seen_at),
            device(row.user_agent),
            row.digest == digest(token),
        )
        for row in db.read(statement)
    ]


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
