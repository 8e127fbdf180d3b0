"""Rate limits: attempts counted in the SQL database, so that a limit holds over all processes together.

Counts are kept by the minute and summed over the last fifteen, so no border between two periods admits twice as many.
An attempt is counted before it is known to fail and taken back when it succeeds; counted afterwards, a hundred
guesses sent at once would all pass.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Column, Integer, Table, bindparam, delete, func, literal_column, select, update
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.sql.dml import Insert

from app import clock, db
from app.db.columns import BIG, DIGEST, MYSQL_TABLE
from app.db.metadata import metadata
from app.errors import TooMany
from app.web.clients import network

PERIOD = 15  # minutes

# Guesses of a password by strangers: at one person from one place; from one place; at one person from everywhere.
PER_EMAIL_AND_CLIENT = 10
PER_CLIENT = 100
PER_EMAIL = 50
# Guesses in a browser in which the person has signed in before, and in a session: no stranger can use these up.
PER_DEVICE = 10
PER_SESSION = 10
PER_FACTOR = 5  # codes of a second factor, after the right password
SIGN_UPS_PER_CLIENT = 10
ANSWERS_PER_CLIENT = 30  # of an identity provider that are looked at; those that let somebody in are taken back
# Requested mails: to one address; from one network to any address; and about one's own account.
MAILS_PER_EMAIL = 3
MAILS_PER_CLIENT = 10
MAILS_PER_ACCOUNT = 5

# By what was tried (a digest of what it is and of who does it) and by a window of time. Attempts at signing in, for
# which the table was made, are counted beforehand and taken back when they succeed: what stays has failed.
failed_attempt = Table(
    "failed_attempt",
    metadata,
    Column("subject", DIGEST, primary_key=True),
    Column("time_window", BIG, primary_key=True, autoincrement=False),
    Column("attempts", Integer, nullable=False),
    **MYSQL_TABLE,
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What was counted, so that it can be taken back; `minute` is counted since 1970."""

    subjects: tuple[bytes, ...]
    minute: int


def sign_in(email: str, client: str, device: str | None = None) -> Attempt:
    """Count an attempt to sign in: that of a known device, while it has some left, else a stranger's. Raises TooMany.

    The scheme is OWASP's: https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
    """
    if device:
        with suppress(TooMany):
            return count({subject("device", device): PER_DEVICE})
    email, client = email.strip().lower(), network(client)
    return count(
        {
            subject("email and client", email, client): PER_EMAIL_AND_CLIENT,
            subject("client", client): PER_CLIENT,
            subject("email", email): PER_EMAIL,
        }
    )


def session(digest: bytes) -> Attempt:
    """Count a password typed in a session, which is known by its digest. Raises TooMany."""
    return count({subject("session", digest.hex()): PER_SESSION})


def factor(account_id: int) -> Attempt:
    """Count a code of a second factor. Raises TooMany."""
    return count({subject("factor", str(account_id)): PER_FACTOR})


def provider(client: str) -> Attempt:
    """Count an answer of the identity provider, about which it is asked. Raises TooMany."""
    return count({subject("provider", network(client)): ANSWERS_PER_CLIENT})


def sign_up(client: str) -> Attempt:
    """Count a new account, or an address that turned out to be taken. Raises TooMany."""
    return count({subject("sign-up", network(client)): SIGN_UPS_PER_CLIENT})


def mail(email: str, client: str) -> Attempt:
    """Count a mail that anybody may ask for. Raises TooMany."""
    return count(
        {subject("mail", email): MAILS_PER_EMAIL, subject("mail for client", network(client)): MAILS_PER_CLIENT}
    )


def mail_of(account_id: int) -> Attempt:
    """Count a mail that a person asks for about the own account. Raises TooMany."""
    return count({subject("mail of account", str(account_id)): MAILS_PER_ACCOUNT})


def subject(*words: str) -> bytes:
    """Return the name under which attempts are counted; it does not tell who made them."""
    return hashlib.sha256(repr(words).encode()).digest()


@db.in_transaction
def count(limits: Mapping[bytes, int], period: int = PERIOD, amount: int = 1) -> Attempt:
    """Count one attempt of each subject over `period` minutes, or an `amount` of what is limited.

    Raises TooMany, and counts nothing, when one of them is at its limit.
    """
    now = clock.now_us()
    minute = now // clock.MINUTE
    connection = db.connection()
    subjects = tuple(sorted(limits))  # rows are always locked in one order, which avoids deadlocks
    connection.execute(
        _add(connection.dialect.name, amount),
        [{"subject": counted, "time_window": minute, "attempts": amount} for counted in subjects],
    )
    for counted, attempts, first in connection.execute(_SUMS, {"subjects": subjects, "past": minute - period}):
        if attempts > limits[counted]:
            # Leaving by an error rolls the counting back: who keeps trying is not kept out any longer.
            raise TooMany.attempts(retry_after=(first + period) * 60 - now // clock.SECOND)
    return Attempt(subjects, minute)


@db.in_transaction
def take_back(attempt: Attempt) -> None:
    """Uncount what was no failure."""
    db.connection().execute(
        update(failed_attempt)
        .where(failed_attempt.c.subject.in_(attempt.subjects), failed_attempt.c.time_window == attempt.minute)
        .values(attempts=failed_attempt.c.attempts - 1)
    )


@db.in_transaction
def forget_old() -> None:
    """Delete counts that no longer matter."""
    past = clock.now_us() // clock.MINUTE - PERIOD
    db.connection().execute(delete(failed_attempt).where(failed_attempt.c.time_window <= past))


_SUMS = (
    select(failed_attempt.c.subject, func.sum(failed_attempt.c.attempts), func.min(failed_attempt.c.time_window))
    .where(failed_attempt.c.subject.in_(bindparam("subjects", expanding=True)))
    .where(failed_attempt.c.time_window > bindparam("past"))
    .group_by(failed_attempt.c.subject)
)


def _add(dialect: str, amount: int) -> Insert:
    # No bound parameter: PyMySQL's executemany cannot fill one behind ON DUPLICATE KEY UPDATE.
    more = {"attempts": failed_attempt.c.attempts + literal_column(str(int(amount)))}
    if dialect == "sqlite":
        return sqlite.insert(failed_attempt).on_conflict_do_update(set_=more)
    return mysql.insert(failed_attempt).on_duplicate_key_update(more)
