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

from flask import current_app, g, has_request_context, request, session
from sqlalchemy import bindparam, delete, insert, or_, select, update

from app import clock, db, site_mode
from app.accounts.devices import device
from app.accounts.models import account, account_session
from app.errors import Forbidden, NotFound, SignInNeeded, Unavailable

SHORT_LIFETIME = clock.DAY  # of a session that need not outlive the browser
SEEN_AGAIN_AFTER = clock.HOUR  # so that reading pages does not write
AT_MOST = 100  # for one person; when another begins, the one that was seen longest ago ends
PROOF_LASTS = 10 * clock.MINUTE


class Suspended(Forbidden):
    """Who has shown who they are is kept out all the same; a stranger does not learn of it."""

    message = "This account is suspended. Nothing of it is lost; ask the person who runs this site."


class Account(NamedTuple):
    """The account of a request, for the rest of the application."""

    id: int
    email: str


@dataclass(frozen=True, slots=True)
class Session:
    """One place where somebody is signed in."""

    started: datetime
    seen: datetime
    device: str
    client: str
    is_this: bool
    id: str


# --- The cookie --------------------------------------------------------------------------------------------------


def load() -> Account | None:
    """Return who is signed in with this request, looked up once."""
    if "account" not in g:
        token = session.get("token")
        g.account = find(token) if token else None
    found: Account | None = g.account
    return found


def remember(token: str, *, stay: bool = True) -> None:
    """Let the browser hold `token`, and nothing of what it held before: not even the token of its forms.

    Without `stay` it forgets the token when it ends.
    """
    forget()
    session["token"] = token
    session.permanent = stay


def replace_token(token: str) -> None:
    """Let the browser hold another token for the session that it has; forms that are open stay valid."""
    session["token"] = token


def forget() -> None:
    """End the session of this browser, if there is one."""
    token = session.get("token")
    session.clear()
    g.pop("account", None)
    if token:
        end(token)


# --- The table ---------------------------------------------------------------------------------------------------

_FIND = db.PreparedQuery(
    f"SELECT account.id, account.email, account_session.seen_at, {site_mode.SUBQUERY}"
    " FROM account_session JOIN account ON account.id = account_session.account_id"
    " WHERE account_session.digest = :digest AND account_session.expires_at > :now"
    " AND account_session.seen_at > :idle AND account.suspended_at IS NULL"
)
_SEEN = update(account_session).where(account_session.c.digest == bindparam("of")).values(seen_at=bindparam("now"))


def find(token: str) -> Account | None:
    """Return whose session this is, None when it has ended."""
    now = clock.now_us()
    for account_id, email, seen_at, mode in _FIND.rows(digest=digest(token), now=now, idle=_idle_since(now)):
        site_mode.learn(mode)
        if now - seen_at > SEEN_AGAIN_AFTER and site_mode.current() == "open":
            _see(token, now)
        return Account(account_id, email)
    return None


def _idle_since(now: int) -> int:
    """Return before when a session was last used that has ended by that."""
    days: int = current_app.config["SESSION_IDLE_DAYS"]
    return now - days * clock.DAY


def _see(token: str, now: int) -> None:
    try:
        with db.transaction() as connection:
            connection.execute(_SEEN, {"of": digest(token), "now": now})
    except Unavailable:
        # A database that takes no writes for a moment, as in a failover, can still be read.
        db.release()


@db.in_transaction
def start(account_id: int, user_agent: str, *, stay: bool = True) -> str:
    """Store a new session of somebody who has just proved who they are, and return its token.

    Without `stay` it ends after a day. The person's ended sessions go, and of the others the one that is one too many.
    Every way to sign in ends here. Raises Suspended.
    """
    token = new_token()
    now = clock.now_us()
    lock_account(account_id)
    check_not_suspended(account_id)
    _make_room(account_id, now)
    db.connection().execute(
        insert(account_session),
        {
            "account_id": account_id,
            "digest": digest(token),
            "created_at": now,
            "seen_at": now,
            "expires_at": now + (current_app.config["SESSION_DAYS"] * clock.DAY if stay else SHORT_LIFETIME),
            "user_agent": user_agent[:200],
            "proved_at": now,
            "client": (request.remote_addr or "")[:45] if has_request_context() else "",
        },
    )
    return token


def _make_room(account_id: int, now: int) -> None:
    delete_some = delete(account_session).where(account_session.c.account_id == account_id)
    ended = or_(account_session.c.expires_at <= now, account_session.c.seen_at <= _idle_since(now))
    db.connection().execute(delete_some.where(ended))
    newest_first = (
        select(account_session.c.digest)
        .where(account_session.c.account_id == account_id)
        .order_by(account_session.c.seen_at.desc(), account_session.c.digest)
    )
    surplus = db.read(newest_first).scalars().all()[AT_MOST - 1 :]
    db.connection().execute(delete_some.where(account_session.c.digest.in_(surplus)))


def has_recent_proof(token: str) -> bool:
    """Return whether the person has given the password in this session within the last ten minutes."""
    proved_at = select(account_session.c.proved_at).where(account_session.c.digest == digest(token))
    return clock.now_us() - (db.read(proved_at).scalar() or 0) < PROOF_LASTS


@db.in_transaction
def prove(token: str, at: int | None = None) -> None:
    """Remember that the person has proved who they are in this session: now, or at an earlier moment."""
    now = clock.now_us()
    session_of = update(account_session).where(account_session.c.digest == digest(token))
    db.connection().execute(session_of.values(proved_at=min(at or now, now)))


@db.in_transaction
def renew(token: str) -> str:
    """Give the session another token and return it; copies of the old one become invalid. Raises SignInNeeded."""
    renewed = new_token()
    session_of = update(account_session).where(account_session.c.digest == digest(token))
    changes = {"digest": digest(renewed), "proved_at": clock.now_us()}
    if db.connection().execute(session_of.values(changes)).rowcount == 0:
        raise SignInNeeded
    return renewed


@db.in_transaction
def end(token: str) -> None:
    db.connection().execute(delete(account_session).where(account_session.c.digest == digest(token)))


@db.in_transaction
def end_one(account_id: int, session_id: str) -> None:
    """End a session of the person. Raises NotFound."""
    try:
        which = account_session.c.digest == bytes.fromhex(session_id)
    except ValueError:
        raise NotFound from None
    mine = delete(account_session).where(account_session.c.account_id == account_id, which)
    if db.connection().execute(mine).rowcount == 0:
        raise NotFound("This session has ended already.")


@db.in_transaction
def end_others(account_id: int, token: str | None) -> int:
    """End all sessions of the person but the one of `token`; return how many."""
    others = [account_session.c.account_id == account_id]
    if token:
        others.append(account_session.c.digest != digest(token))
    return db.connection().execute(delete(account_session).where(*others)).rowcount


def list_sessions(account_id: int, token: str) -> list[Session]:
    """Return where the person is signed in, last seen first, the hundred newest at most."""
    now = clock.now_us()
    statement = (
        select(account_session)
        .where(account_session.c.account_id == account_id, account_session.c.expires_at > now)
        .where(account_session.c.seen_at > _idle_since(now))
        .order_by(account_session.c.seen_at.desc(), account_session.c.digest)
        .limit(AT_MOST)
    )
    return [
        Session(
            clock.to_datetime(row.created_at),
            clock.to_datetime(row.seen_at),
            device(row.user_agent),
            row.client,
            row.digest == digest(token),
            row.digest.hex(),
        )
        for row in db.read(statement)
    ]


def check_not_suspended(account_id: int) -> None:
    """Raise Suspended where the account is."""
    if db.read(select(account.c.suspended_at).where(account.c.id == account_id)).scalar() is not None:
        raise Suspended


def lock_account(account_id: int) -> None:
    """Let what is counted and then inserted for a person be done by one transaction after the other.

    SQLite's transactions wait for each other anyway.
    """
    db.read(select(account.c.id).where(account.c.id == account_id).with_for_update()).all()


def new_token() -> str:
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
