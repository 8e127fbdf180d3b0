"""Tokens, with which a person's programs come in: made and shown once, stored only as a SHA-256, ended one by one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import g, request
from sqlalchemy import Row, bindparam, delete, insert, or_, select, update

from app import clock, db, site_mode
from app.accounts import events, notices
from app.accounts.models import TOKEN_NAME_LENGTH, account, api_token
from app.accounts.sessions import Account, Suspended, digest, lock_account, new_token
from app.errors import Forbidden, Invalid, Malformed, NotFound, TokenNeeded, Unavailable

# Scanners for leaked secrets know a token by its beginning.
PREFIX = "notes_"
SCOPES = ("read", "write")  # who may write may read
DAYS_AT_MOST = 3650
AT_MOST = 100  # for one person
SEEN_AGAIN_AFTER = clock.MINUTE  # so that a busy program does not write at each request


@dataclass(frozen=True, slots=True)
class Token:
    """What the person is shown of a token, which is not the token."""

    id: int
    name: str
    scope: str
    created: datetime
    used: datetime | None
    expires: datetime | None
    has_expired: bool


# --- The header --------------------------------------------------------------------------------------------------


def enter(scope: str) -> None:
    """Make the owner of the request's token its `g.account`. Raises Malformed, TokenNeeded, Forbidden, Suspended."""
    if request.query_string and _holds_token(request.args):
        # Addresses are written down in logs and histories on the way; the token should now be revoked.
        raise Malformed(
            "A token does not belong into an address; send it as Authorization: Bearer, and make a new one."
        )
    kind, _, token = request.environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    found = find(token.strip()) if kind.lower() == "bearer" else None
    if found is None:
        raise TokenNeeded
    owner, granted = found
    if scope == "write" and granted != "write":
        raise Forbidden("This token may only read.")
    g.account = owner


def _holds_token(query: Mapping[str, str]) -> bool:
    return "access_token" in query or any(value.startswith(PREFIX) for value in query.values())


# --- The table ---------------------------------------------------------------------------------------------------

_FIND = db.PreparedQuery(
    "SELECT account.id, account.email, api_token.scope, api_token.used_at, account.suspended_at,"
    f" api_token.id, api_token.name, {site_mode.SUBQUERY}"
    " FROM api_token JOIN account ON account.id = api_token.account_id"
    " WHERE api_token.digest = :digest AND (api_token.expires_at IS NULL OR api_token.expires_at > :now)"
)
_USED = update(api_token).where(api_token.c.digest == bindparam("of")).values(used_at=bindparam("now"))


def find(token: str) -> tuple[Account, str] | None:
    """Return the token's owner and its scope, None for a token that is unknown or has expired. Raises Suspended."""
    if not (token.startswith(PREFIX) and token.isascii()):
        return None
    now = clock.now_us()
    for account_id, address, scope, used_at, suspended_at, number, name, mode in _FIND.rows(
        digest=digest(token), now=now
    ):
        if suspended_at is not None:
            raise Suspended
        site_mode.learn(mode)
        if site_mode.current() == "open" and now - (used_at or 0) > SEEN_AGAIN_AFTER:
            _see(token, now)
        g.api_token = number, name
        return Account(account_id, address), scope
    return None


def _see(token: str, now: int) -> None:
    try:
        with db.transaction() as connection:
            connection.execute(_USED, {"of": digest(token), "now": now})
    except Unavailable:
        # A database that takes no writes for a moment, as in a failover, can still be read.
        db.release()


def is_good(account_id: int, token_id: int) -> bool:
    """Tell whether a token that was good still is: for an answer that takes long."""
    still = (
        select(api_token.c.id)
        .join(account, account.c.id == api_token.c.account_id)
        .where(api_token.c.account_id == account_id, api_token.c.id == token_id, account.c.suspended_at.is_(None))
        .where(or_(api_token.c.expires_at.is_(None), api_token.c.expires_at > clock.now_us()))
    )
    return db.read(still).first() is not None


@db.in_transaction
def create(account_id: int, name: str, scope: str, days: int | None = None) -> str:
    """Store the hash of a new token and return the token. Raises Invalid."""
    name = " ".join(name.split())
    lock_account(account_id)
    _check(account_id, name, scope, days)
    token = PREFIX + new_token()
    now = clock.now_us()
    db.connection().execute(
        insert(api_token),
        {
            "account_id": account_id,
            "id": secrets.randbits(52),
            "digest": digest(token),
            "name": name,
            "scope": scope,
            "created_at": now,
            "expires_at": now + days * clock.DAY if days else None,
        },
    )
    _notify(account_id, name, scope)
    events.record("token made", account_id)
    return token


def _check(account_id: int, name: str, scope: str, days: int | None) -> None:
    faults: dict[str, str] = {}
    if not (1 <= len(name) <= TOKEN_NAME_LENGTH and name.isprintable()):
        faults["name"] = f"Say what the token is for, in at most {TOKEN_NAME_LENGTH} characters."
    if scope not in SCOPES:
        faults["scope"] = "A token may read, or read and write."
    if days is not None and not 1 <= days <= DAYS_AT_MOST:
        faults["days"] = f"A token is valid for 1 to {DAYS_AT_MOST} days."
    if not faults and len(list_tokens(account_id)) >= AT_MOST:
        faults["name"] = f"There are {AT_MOST} tokens already; revoke one first."
    if faults:
        raise Invalid(faults)


def _notify(account_id: int, name: str, scope: str) -> None:
    notices.notify(account_id, "token_created", name=name, may="read and write" if scope == "write" else "read")


@db.in_transaction
def revoke(account_id: int, token_id: int) -> None:
    """End a token of the person's. Raises NotFound."""
    which = delete(api_token).where(api_token.c.account_id == account_id, api_token.c.id == token_id)
    if db.connection().execute(which).rowcount == 0:
        raise NotFound("There is no such token.")
    events.record("token revoked", account_id)


@db.in_transaction
def revoke_all(account_id: int) -> int:
    """End all tokens of the person's; return how many there were."""
    number = db.connection().execute(delete(api_token).where(api_token.c.account_id == account_id)).rowcount
    if number:
        events.record("token revoked", account_id)
    return number


def list_tokens(account_id: int) -> list[Token]:
    """Return the person's tokens, newest first."""
    now = clock.now_us()
    statement = select(api_token).where(api_token.c.account_id == account_id).order_by(api_token.c.id).limit(AT_MOST)
    found = sorted(db.read(statement), key=lambda row: row.created_at, reverse=True)
    return [_describe(row, now) for row in found]


def _describe(row: Row[Any], now: int) -> Token:
    return Token(
        row.id,
        row.name,
        row.scope,
        clock.to_datetime(row.created_at),
        clock.to_datetime(row.used_at) if row.used_at else None,
        clock.to_datetime(row.expires_at) if row.expires_at else None,
        has_expired=row.expires_at is not None and row.expires_at <= now,
    )
