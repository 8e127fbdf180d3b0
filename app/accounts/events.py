"""Security events: who signed in, was refused, changed a credential; as log lines, figures, and for the owner to see.

An event is written with what it tells of; one that cannot be written changes no answer. It never holds a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from flask import current_app, g, has_request_context, request
from prometheus_client import Counter
from sqlalchemy import delete, insert, select

from app import clock, db, rate_limits
from app.accounts.actors import COMMAND_LINE
from app.accounts.devices import device
from app.accounts.models import security_event
from app.accounts.sessions import Suspended
from app.errors import Invalid, TooMany, Unavailable
from app.web.clients import network

KEPT = 200  # of one account and one result, so that refusals do not displace changes
COUNTED = Counter("security_events", "Sign-ins, refusals, changes of credentials.", ["event", "result"])
NO_LIMIT = 10**9

DESCRIPTIONS = {
    "sign in": "Signed in",
    "sign up": "Made the account",
    "passkey": "Signed in with a passkey",
    "passkey copied": "Used a passkey that may have been copied",
    "provider": "Signed in with the provider",
    "provider linked": "Linked the account to the provider",
    "provider unlinked": "Removed the link to the provider",
    "proof": "Proved again who is signed in",
    "password": "Changed the password",
    "recovery": "Asked for a link because of a forgotten password",
    "token made": "Made an API token",
    "token revoked": "Revoked an API token",
    "session ended": "Ended sessions",
    "address": "Changed the address",
    "factor added": "Added a second factor",
    "factor removed": "Removed a second factor",
    "second factor": "Gave a second factor",
    "codes made": "Made new recovery codes",
    "code used": "Used a recovery code",
    "suspended": "The account was suspended",
    "resumed": "The account was opened again",
    "export": "Exported everything",
    "deletion": "Asked for the account to be deleted",
    "deletion called off": "Called the deletion off",
}
RESULTS = {"done": "", "refused": "refused", "throttled": "refused: too many attempts"}


@dataclass(frozen=True, slots=True)
class Event:
    """What the owner sees of an event."""

    at: datetime
    description: str
    result: str
    client: str
    device: str


def record(event: str, account_id: int | None, result: str = "done") -> None:
    """Store an event. Without an account, whose owner could read it, it is only logged and counted."""
    client = (request.remote_addr or "") if has_request_context() else COMMAND_LINE
    fields = {"event": event, "result": result, "account": account_id, "client": client}
    fields["request_id"] = g.get("request_id")
    current_app.logger.log(_LEVELS[result], "security", extra={"fields": fields})
    COUNTED.labels(event, result).inc()
    if account_id is not None:
        _store(event, account_id, result, client)
    elif result != "done":
        # As much work as for an account, so that an unknown address is not told by a sooner answer: see
        # benchmarks/sign_in_timing.py. It counts in one row a minute for a place, and limits nothing.
        rate_limits.count({rate_limits.subject("refused", network(client)): NO_LIMIT})


_LEVELS = {"done": logging.INFO, "refused": logging.WARNING, "throttled": logging.WARNING}


@db.in_transaction
def _store(event: str, account_id: int, result: str, client: str) -> None:
    user_agent = request.user_agent.string[:200] if has_request_context() else ""
    values = {"account_id": account_id, "at": clock.now_us(), "event": event, "result": result, "client": client[:45]}
    db.connection().execute(insert(security_event), values | {"user_agent": user_agent})
    alike = (security_event.c.account_id == account_id, security_event.c.result == result)
    last = select(security_event.c.id).where(*alike).order_by(security_event.c.id.desc()).offset(KEPT).limit(1)
    if (oldest := db.read(last).scalar()) is not None:
        db.connection().execute(delete(security_event).where(*alike, security_event.c.id <= oldest))


@contextmanager
def recording_refusals(event: str, account_id: int | None) -> Iterator[None]:
    """Record an event when the block refuses it, which leaves as it came."""
    try:
        yield
    except (Invalid, TooMany, Suspended) as error:
        try:
            record(event, account_id, "throttled" if isinstance(error, TooMany) else "refused")
        except Unavailable:
            current_app.logger.exception("security event not stored")
        raise


def list_events(account_id: int, most: int = 100) -> list[Event]:
    """Return the newest events of an account."""
    mine = select(security_event).where(security_event.c.account_id == account_id)
    return [
        Event(
            clock.to_datetime(row.at),
            DESCRIPTIONS.get(row.event, row.event),  # a newer release may have written it, beside this one
            RESULTS.get(row.result, row.result),
            row.client,
            device(row.user_agent) if row.client != COMMAND_LINE else "",
        )
        for row in db.read(mine.order_by(security_event.c.id.desc()).limit(most))
    ]
