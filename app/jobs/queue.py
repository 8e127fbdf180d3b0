"""The list of jobs: adding to it, taking the next one, and what becomes of it.

Two processes never hold one job at once: on MySQL a row that is locked is skipped, on SQLite there is one writer. A
process that dies holds its job until LEASE has passed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, select, update
from sqlalchemy.dialects import mysql, sqlite

from app import clock, db
from app.errors import NotFound
from app.jobs.models import ERROR_LENGTH, job
from app.per_app import PerApp

LEASE = 15 * clock.MINUTE
ATTEMPTS = 12  # then it is dead: about a day after it was added
REGULAR = "regular"  # the key of a job that is done again and again
FIRST_PAUSE, LONGEST_PAUSE = clock.MINUTE, 6 * clock.HOUR


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work. `attempts` counts this one, too."""

    id: int
    owner_id: int | None
    kind: str
    key: str
    content: dict[str, Any]
    run_at: int
    attempts: int
    error: str | None

    @property
    def is_dead(self) -> bool:
        return self.attempts >= ATTEMPTS


@dataclass(frozen=True, slots=True)
class Kind:
    """What is done with jobs of a kind. `every` is the time after which it is done again, in microseconds."""

    run: Callable[[Job], object]
    every: int | None


kinds: PerApp[dict[str, Kind]] = PerApp("jobs")


# --- Adding ------------------------------------------------------------------------------------------------------


@db.in_transaction
def add(
    kind: str,
    key: str,
    content: Mapping[str, Any] | None = None,
    *,
    owner_id: int | None = None,
    run_at: int | None = None,
) -> None:
    """Ask for a job: it will be done if the transaction of the caller is kept. Asked for twice, it is there once."""
    values = {
        "owner_id": owner_id,
        "kind": kind,
        "key": key,
        "content": orjson.dumps(content or {}).decode(),
        "run_at": clock.now_us() if run_at is None else run_at,
        "attempts": 0,
        "claimed_until": 0,
    }
    db.connection().execute(_INSERT[db.dialect()], values)


_INSERT = {
    "sqlite": sqlite.insert(job).on_conflict_do_nothing(),
    "mysql": mysql.insert(job).on_duplicate_key_update(id=job.c.id),
}


# --- Taking and finishing ----------------------------------------------------------------------------------------


@db.in_transaction
def claim() -> Job | None:
    """Claim the job that has been due longest; no other process can claim it during LEASE."""
    now = clock.now_us()
    due = (
        select(job)
        .where(job.c.run_at <= now, job.c.claimed_until <= now, job.c.attempts < ATTEMPTS)
        .order_by(job.c.run_at, job.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = db.read(due).one_or_none()
    if row is None:
        return None
    taken = {"attempts": row.attempts + 1, "claimed_until": now + LEASE}
    db.connection().execute(update(job).where(job.c.id == row.id).values(taken))
    return _job(row, attempts=row.attempts + 1)


@db.in_transaction
def finish(done: Job, every: int | None = None) -> None:
    """Take a job that is done off the list, or put it off until it is done again."""
    if every is None:
        db.connection().execute(delete(job).where(*_still_ours(done)))
    else:
        _put_off(done, clock.now_us() + every, attempts=0, error=None)


@db.in_transaction
def fail(failed: Job, error: str, every: int | None = None) -> None:
    """Put a job off for longer each time, until it is dead; one that is done regularly goes on regularly."""
    if every is not None and failed.is_dead:
        _put_off(failed, clock.now_us() + every, attempts=0, error=error)
    else:
        _put_off(failed, clock.now_us() + pause(failed.attempts), attempts=failed.attempts, error=error)


def pause(attempts: int) -> int:
    """Return how long to wait after so many attempts, in microseconds."""
    return min(FIRST_PAUSE << (attempts - 1), LONGEST_PAUSE)


def _put_off(put_off: Job, run_at: int, *, attempts: int, error: str | None) -> None:
    values = {"run_at": run_at, "attempts": attempts, "claimed_until": 0, "error": error and error[:ERROR_LENGTH]}
    db.connection().execute(update(job).where(*_still_ours(put_off)).values(values))


def _still_ours(claimed: Job) -> Sequence[Any]:
    # Whoever was too slow must not finish what another has begun meanwhile.
    return job.c.id == claimed.id, job.c.attempts == claimed.attempts


@db.in_transaction
def cancel(kind: str, key: str, *, even_if_begun: bool = True) -> bool:
    """Take a job off the list that need not be done after all; return whether it was there."""
    which = [job.c.kind == kind, job.c.key == key]
    if not even_if_begun:
        which.append(job.c.attempts == 0)
    return db.connection().execute(delete(job).where(*which)).rowcount > 0


# --- Looking -----------------------------------------------------------------------------------------------------


def due_at(kind: str, key: str) -> int | None:
    """Return when a job is due, in microseconds since 1970; None when there is none."""
    found: int | None = db.read(select(job.c.run_at).where(job.c.kind == kind, job.c.key == key)).scalar()
    return found


def regular_kinds() -> set[str]:
    """Return which kinds of jobs are on the list to be done regularly."""
    return set(db.read(select(job.c.kind).where(job.c.kind.in_(kinds.get()), job.c.key == REGULAR)).scalars())


def list_jobs(most: int = 100) -> list[Job]:
    """Return the jobs that have died, and then those that are next."""
    statement = select(job).order_by((job.c.attempts >= ATTEMPTS).desc(), job.c.run_at, job.c.id).limit(most)
    return [_job(row) for row in db.read(statement)]


def count() -> tuple[int, int, int]:
    """Return how many jobs wait, how many are dead, and for how many microseconds one that is due has waited."""
    now = clock.now_us()
    alive = job.c.attempts < ATTEMPTS
    waiting, oldest = db.read(select(func.count(), func.min(job.c.run_at)).where(alive)).one()
    dead = db.read(select(func.count()).where(job.c.attempts >= ATTEMPTS, job.c.claimed_until <= now)).scalar_one()
    return waiting, dead, max(0, now - oldest) if oldest is not None else 0


@db.in_transaction
def retry(job_id: int) -> None:
    """Let a job be tried at once, and as often as a new one. Raises NotFound."""
    values = {"run_at": clock.now_us(), "attempts": 0, "claimed_until": 0}
    if db.connection().execute(update(job).where(job.c.id == job_id).values(values)).rowcount == 0:
        raise NotFound("There is no such job.")


def _job(row: Row[Any], attempts: int | None = None) -> Job:
    return Job(
        row.id,
        row.owner_id,
        row.kind,
        row.key,
        orjson.loads(row.content),
        row.run_at,
        row.attempts if attempts is None else attempts,
        row.error,
    )
