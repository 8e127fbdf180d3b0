"""Mails to the owner about changes of the account's credentials, in case somebody else made them."""

from __future__ import annotations

from sqlalchemy import select

from app import db, mail
from app.accounts.models import account


def notify(account_id: int, template: str, **values: str) -> None:
    """Send the mail, if the caller's transaction is kept."""
    email = db.read(select(account.c.email).where(account.c.id == account_id)).scalar_one()
    mail.send(email, template, **values)
