"""Slows guessing down: attempts are counted in the database, so the limits hold over all processes together.

An attempt is counted before the password is looked at and taken back when it was right; counted afterwards, a hundred
guesses sent at once would all pass. Counts are kept by the minute and summed over the last fifteen.
"""

from __future__ import annotations

import hashlib
import ipaddress
from dataclasses import dataclass

from sqlalchemy import bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.sql.dml import Insert

from app import columns, database
from app.accounts.models import failed_attempt
from app.errors import TooMany

MINUTE = 60 * 1_000_000  # in microseconds
PERIOD = 15  # minutes

# One person at one place; one place trying many addresses; one address tried from many places.
PER_EMAIL_AND_CLIENT = 10
PER_CLIENT = 100
PER_EMAIL = 50
SIGN_UPS_PER_CLIENT = 10


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was counted, so that it can be taken back; `minute` is counted since 1970."""

    subjects: tuple[bytes, ...]
    minute: int


def sign_in(email: str, client: str) -> Attempt:
    """Count an attempt to sign in. Raises TooMany."""
    email, client = email.strip().lower(), _network(client)
    return _count(
        {
            _subject("email and client", email, client): PER_EMAIL_AND_CLIENT,
            _subject("client", client): PER_CLIENT,
            _subject("email", email): PER_EMAIL,
        }
    )


def sign_up(client: str) -> Attempt:
    """Count a new account, or an address that turned out to be taken. Raises TooMany."""
    return _count({_subject("sign-up", _network(client)): SIGN_UPS_PER_CLIENT})


@database.in_transaction
def take_back(attempt: Attempt) -> None:
    """Uncount what was no failure."""
    database.connection().execute(
        update(failed_attempt)
        .where(failed_attempt.c.subject.in_(attempt.subjects), failed_attempt.c.time_window == attempt.minute)
        .values(attempts=failed_attempt.c.attempts - 1)
    )


@database.in_transaction
def forget_old() -> None:
    """Delete counts that no longer matter."""
    past = columns.now() // MINUTE - PERIOD
    database.connection().execute(delete(failed_attempt).where(failed_attempt.c.time_window <= past))


@database.in_transaction
def _count(limits: dict[bytes, int]) -> Attempt:
    now = columns.now()
    minute = now // MINUTE
    connection = database.connection()
    subjects = tuple(sorted(limits))  # everybody locks rows in one order, so that nobody waits in a circle
    connection.execute(
        _add_one(connection.dialect.name),
        [{"subject": subject, "time_window": minute, "attempts": 1} for subject in subjects],
    )
    for subject, attempts, first in connection.execute(_SUMS, {"subjects": subjects, "past": minute - PERIOD}):
        if attempts > limits[subject]:
            # Leaving by an error rolls the counting back: who keeps trying is not kept out any longer.
            raise _too_many(seconds=(first + PERIOD) * 60 - now // 1_000_000)
    return Attempt(subjects, minute)


_SUMS = (
    select(failed_attempt.c.subject, func.sum(failed_attempt.c.attempts), func.min(failed_attempt.c.time_window))
    .where(failed_attempt.c.subject.in_(bindparam("subjects", expanding=True)))
    .where(failed_attempt.c.time_window > bindparam("past"))
    .group_by(failed_attempt.c.subject)
)


def _add_one(dialect: str) -> Insert:
    # No bound parameter: PyMySQL's executemany cannot fill one behind ON DUPLICATE KEY UPDATE.
    more = {"attempts": failed_attempt.c.attempts + literal_column("1")}
    if dialect == "sqlite":
        return sqlite.insert(failed_attempt).on_conflict_do_update(set_=more)
    return mysql.insert(failed_attempt).on_duplicate_key_update(more)


def _too_many(seconds: int) -> TooMany:
    minutes = -(-seconds // 60)
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    return TooMany(seconds, f"Too many attempts. Please wait {wait}, then try again.")


def _subject(*words: str) -> bytes:
    return hashlib.sha256(repr(words).encode()).digest()


def _network(client: str) -> str:
    """Return what stands for the client: a home or a server has 2^64 addresses of IPv6."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))
