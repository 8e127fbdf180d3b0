"""Collecting: what nobody mentions goes after thirty days, bytes without a row after a day, or with their account."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from sqlalchemy import delete, select

from app import clock, db, jobs
from app.accounts.models import account
from app.files import service, smaller
from app.files.claims import delete_content, store
from app.files.models import file, file_claim
from app.files.uses import mark_unused, unused_since

KIND = "collect files"
OF_ACCOUNT = "delete files"
DAYS_UNUSED = 30
DAYS_ORPHANED = 1  # longer than anybody takes to send a file
AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Collected:
    """How many files that nobody mentions went, and how many contents without a file."""

    files: int
    orphans: int


def collect() -> Collected:
    """Remove what is over; done once a day, and again after it was interrupted. Raises Unavailable."""
    now = clock.now_us()
    files = 0
    for owner in db.read(select(account.c.id)).scalars().all():
        mark_unused(owner, now)
        files += _collect_unused(owner, now - DAYS_UNUSED * clock.DAY)
        _drop_claims(owner, now - DAYS_ORPHANED * clock.DAY)
    db.release()
    store.get().tidy(now - DAYS_ORPHANED * clock.DAY)
    return Collected(files, _collect_orphans(now - DAYS_ORPHANED * clock.DAY))


def collect_by_job(_job: jobs.Job) -> None:
    collect()


def _collect_unused(owner: int, before: int) -> int:
    gone = 0
    while files := unused_since(owner, before, AT_ONCE):
        removed = service.remove_unused(owner, files)
        gone += removed
        if not removed:  # all are mentioned again: the next search finds none of them
            break
    return gone


@db.in_transaction
def _drop_claims(owner: int, before: int) -> None:
    """Forget the claims of processes that have died."""
    db.connection().execute(delete(file_claim).where(file_claim.c.owner_id == owner, file_claim.c.claimed_at < before))


def _collect_orphans(before: int) -> int:
    return sum(delete_content(owner, contents) for owner, contents in find_orphans(before))


def find_orphans(before: int) -> Iterator[tuple[int, list[bytes]]]:
    """Yield contents that no file has, and that were stored before a moment, a few of one owner at a time."""
    for owner, contents in groupby(store.get().list(), key=lambda content: content.owner):
        while some := list(islice(contents, AT_ONCE)):
            old = [content.sha256 for content in some if content.stored_at < before]
            if orphans := _without_file(owner, old):
                yield owner, orphans


def _without_file(owner: int, contents: Sequence[bytes]) -> list[bytes]:
    """Return the contents that no file has, and that are not made of one that a file has."""
    found = select(file.c.sha256).where(
        file.c.owner_id == owner, file.c.sha256.in_([*contents, *map(smaller.key, contents)])
    )
    known = set(db.read(found).scalars())
    return sorted(set(contents) - known - set(map(smaller.key, known)))


# --- An account that is deleted ----------------------------------------------------------------------------------


def delete_everything(owner: int) -> None:
    """Have the bytes of an account's files deleted once the account is; its rows go with it."""
    jobs.add(OF_ACCOUNT, str(owner))


def delete_by_job(job: jobs.Job) -> None:
    """Delete bytes that no file has any more. What is missed, since the account is still there, is an orphan later."""
    owner = int(job.key)
    contents = store.get().list(owner)
    while some := list(islice(contents, AT_ONCE)):
        delete_content(owner, _without_file(owner, [content.sha256 for content in some]))
    _drop_claims(owner, clock.now_us())
