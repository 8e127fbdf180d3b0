"""Links in mails: each is valid for one purpose, once, for half an hour; the table has only the digest of its token."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, insert, select

from app import clock, db
from app.accounts.models import account_link
from app.accounts.sessions import digest, new_token
from app.errors import NotFound

LIFETIME = 30 * clock.MINUTE
OVER = "This link has been used already, or is older than half an hour. Ask for another one."

SIGN_UP = "sign up"
RECOVER = "recover"
VERIFY = "verify"
CHANGE_ADDRESS = "change address"


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is good for: something about an account, or about an address that has none."""

    purpose: str
    account_id: int | None
    email: str


@db.in_transaction
def create(purpose: str, email: str, account_id: int | None = None) -> str:
    """Store a new link and return its token; delete expired ones."""
    token, now = new_token(), clock.now_us()
    db.connection().execute(delete(account_link).where(account_link.c.expires_at <= now))
    values = {"digest": digest(token), "purpose": purpose, "account_id": account_id, "email": email}
    db.connection().execute(insert(account_link), values | {"expires_at": now + LIFETIME})
    return token


def find(token: str, *purposes: str) -> Link:
    """Return what a link is good for. Raises NotFound."""
    which = [account_link.c.digest == digest(token), account_link.c.expires_at > clock.now_us()]
    row = db.read(select(account_link).where(*which, account_link.c.purpose.in_(purposes))).one_or_none()
    if row is None:
        raise NotFound(OVER)
    return Link(row.purpose, row.account_id, row.email)


@db.in_transaction
def take(token: str, *purposes: str) -> Link:
    """Use a link up and return what it was good for, in one step. Raises NotFound."""
    link = find(token, *purposes)
    if db.connection().execute(delete(account_link).where(account_link.c.digest == digest(token))).rowcount == 0:
        raise NotFound(OVER)
    return link


@db.in_transaction
def drop(account_id: int, *purposes: str) -> None:
    """Make the links of a person worthless."""
    mine = delete(account_link).where(account_link.c.account_id == account_id)
    db.connection().execute(mine.where(account_link.c.purpose.in_(purposes)))
