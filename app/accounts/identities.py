"""Identities at a provider and their accounts; a unique key permits one account for each identity."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.accounts import events, notices
from app.accounts.models import account_identity
from app.accounts.sessions import lock_account
from app.errors import Invalid

ANOTHERS = "That sign-in belongs to another account here. Remove it there first."
ANOTHER = "This account is linked to another sign-in of the same provider. Remove that one first."


@dataclass(frozen=True, slots=True)
class Identity:
    issuer: str
    linked: datetime


def list_identities(account_id: int) -> list[Identity]:
    """Return which providers let the person in."""
    mine = select(account_identity).where(account_identity.c.account_id == account_id)
    return [
        Identity(row.issuer, clock.to_datetime(row.created_at))
        for row in db.read(mine.order_by(account_identity.c.issuer))
    ]


def is_linked(account_id: int, issuer: str) -> bool:
    """Return whether this provider opens the account."""
    return _subject(account_id, issuer) is not None


def find_owner(issuer: str, subject: str) -> int | None:
    """Return whose account this is, and keep it so until the end of the transaction."""
    known = select(account_identity.c.account_id).where(
        account_identity.c.issuer == issuer, account_identity.c.subject == subject
    )
    owner: int | None = db.read(known.with_for_update()).scalar()
    return owner


@db.in_transaction
def link(account_id: int, issuer: str, subject: str) -> None:
    """Let a provider's person into an account; done already, it is done. Raises Invalid."""
    lock_account(account_id)
    if _subject(account_id, issuer) not in {None, subject}:
        raise Invalid({"provider": ANOTHER})
    if find_owner(issuer, subject) != account_id:
        insert_identity(account_id, issuer, subject)
        events.record("provider linked", account_id)
        notices.notify(account_id, "provider_linked", issuer=issuer)


def insert_identity(account_id: int, issuer: str, subject: str) -> None:
    """Store it in the caller's transaction. Raises Invalid where it is another account's."""
    values = {"account_id": account_id, "issuer": issuer, "subject": subject, "created_at": clock.now_us()}
    try:
        db.connection().execute(insert(account_identity), values)
    except IntegrityError:
        raise Invalid({"provider": ANOTHERS}) from None


@db.in_transaction
def unlink(account_id: int, issuer: str) -> None:
    """Remove the account's identity at the provider; without one nothing changes."""
    mine = delete(account_identity).where(account_identity.c.account_id == account_id)
    if db.connection().execute(mine.where(account_identity.c.issuer == issuer)).rowcount:
        events.record("provider unlinked", account_id)
        notices.notify(account_id, "provider_unlinked", issuer=issuer)


def _subject(account_id: int, issuer: str) -> str | None:
    mine = select(account_identity.c.subject).where(account_identity.c.account_id == account_id)
    subject: str | None = db.read(mine.where(account_identity.c.issuer == issuer)).scalar()
    return subject
