"""Deleting an account: asked for with proof, seven days to change one's mind, then everything of it is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Flask
from sqlalchemy import delete, select

from app import clock, db, jobs, mail
from app.accounts import events, notices, sessions
from app.accounts.models import account
from app.accounts.sessions import Account
from app.errors import Conflict
from app.jobs import Job
from app.per_app import PerApp

KIND = "delete account"
DAYS = 7

_before: PerApp[list[Callable[[int], object]]] = PerApp("before_deletion")


def init_app(app: Flask) -> None:
    _before.set(app, [])
    jobs.register(app, KIND, _delete)


def before_deletion(app: Flask, delete_things: Callable[[int], object]) -> None:
    """Let a feature delete what it has of an account, before the account itself goes."""
    _before.of(app).append(delete_things)


@db.in_transaction
def ask(person: Account, token: str | None = None) -> None:
    """Have the account deleted in seven days, and end its sessions but that of `token`."""
    jobs.add(
        KIND, str(person.id), {"email": person.email}, owner_id=person.id, run_at=clock.now_us() + DAYS * clock.DAY
    )
    sessions.end_others(person.id, token)
    events.record("deletion", person.id)
    notices.notify(person.id, "deletion_asked", day=f"{due_on(person.id):%-d %B %Y}")


@db.in_transaction
def call_off(account_id: int) -> None:
    """Keep the account after all. Raises Conflict once the deletion has begun: a part may be gone."""
    sessions.lock_account(account_id)  # a second click finds that it is done
    if due_on(account_id) is None:
        return
    if not jobs.cancel(KIND, str(account_id), even_if_begun=False):
        raise Conflict("The seven days are over, and the deletion has begun: it cannot be called off any more.")
    events.record("deletion called off", account_id)
    notices.notify(account_id, "deletion_called_off")


def delete_now(account_id: int) -> None:
    """Delete the account with everything of it, without the seven days."""
    # First what may be much, a little at a time; then, with the account, what was written meanwhile.
    _delete_things(account_id)
    _delete_account(account_id)


def due_on(account_id: int) -> datetime | None:
    """Return when the account will be deleted, None if that was not requested."""
    run_at = jobs.due_at(KIND, str(account_id))
    return clock.to_datetime(run_at) if run_at is not None else None


def _delete(job: Job) -> None:
    delete_now(int(job.key))


@db.in_transaction
def _delete_account(account_id: int) -> None:
    email = db.read(select(account.c.email).where(account.c.id == account_id).with_for_update()).scalar()
    if email is None:  # by an earlier try
        return
    _delete_things(account_id)
    db.connection().execute(delete(account).where(account.c.id == account_id))
    mail.send(email, "account_deleted")


def _delete_things(account_id: int) -> None:
    for delete_things in _before.get():
        delete_things(account_id)
