"""Takes out of the database's file what deleted notes have left in the full-text index.

FTS5 only notes down that words are deleted, and drops them when it merges its segments, perhaps never. Merging all of
them costs as much as the index is large, so it is done in small transactions, by a job: once a day after deletions,
and at once after that of an account. InnoDB keeps them likewise, and drops them only when it writes the index anew,
during which nothing can be saved: that is for an operator to begin, by `flask notes forget`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app import clock, db, jobs
from app.errors import Unavailable

KIND = "forget words"
PAGES = 500  # of 4 KB, merged in one transaction: saving waits for no more

_MERGE = text("INSERT INTO note_search (note_search, rank) VALUES ('merge', :pages)")


def ask_soon() -> None:
    """Have it done at once, in the transaction that deletes everything of an account."""
    jobs.add(KIND, "account")


def ask() -> None:
    """Have it done within a day, in the transaction that deletes notes."""
    jobs.add(KIND, "notes", run_at=clock.now_us() + clock.DAY)


def forget_by_job(_job: jobs.Job) -> None:
    if db.dialect() == "sqlite":
        forget()


def forget() -> None:
    """Let no word of a deleted note stay in the index, nor in the log of a SQLite database. Raises Unavailable."""
    if db.dialect() == "mysql":
        db.read(text("OPTIMIZE TABLE note_search")).all()
        return
    pages = -PAGES  # to begin with all segments, however few there are
    while _merge(pages):
        pages = PAGES
    _empty_log()


@db.in_transaction
def _merge(pages: int) -> bool:
    """Take a step; return whether another may be left, which SQLite tells by the number of changes."""
    opened: Any = db.connection().connection.driver_connection
    before = opened.total_changes
    db.connection().execute(_MERGE, {"pages": pages})
    changed: int = opened.total_changes - before
    return changed >= 2


def _empty_log() -> None:
    # Former pages stand in the log until it is begun anew.
    [is_busy, *_] = db.read(text("PRAGMA wal_checkpoint(TRUNCATE)")).one()
    if is_busy:
        raise Unavailable("Somebody reads an earlier state of the database; its log cannot be emptied yet.")
