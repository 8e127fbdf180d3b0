"""Whether the site is open, takes no changes, or is closed: by the setting SITE_MODE, or by command while it runs.

All instances share a row of the database. Looking up a session or a token reads it in the same statement; what changes
something asks for it by itself, and so does everything while the site is not open; what anybody may read asks every few
seconds. A request that takes longer than a moment asks again before it commits. The command ends after that moment;
then nothing is changed any more. A database that does not answer is perhaps what is being worked on: a process then
goes by what it read last.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, cast, get_args

from flask import Flask, current_app, g, request
from sqlalchemy import Column, Connection, Integer, Table, delete, insert, select

from app import clock, db
from app.db.columns import BIG, MYSQL_TABLE, exact
from app.db.metadata import metadata
from app.errors import Closed, ReadOnly, Unavailable
from app.per_app import PerApp
from app.web import access

Mode = Literal["open", "read-only", "closed"]
MODES: tuple[Mode, ...] = get_args(Mode)
ROW = 1
SUBQUERY = f"(SELECT mode FROM site_mode WHERE id = {ROW})"
"""Stands among the columns of a look-up that each request makes anyway; what it returns is for `learn`."""

SAFE = {"GET", "HEAD", "OPTIONS"}
SECONDS_AFTER_FAILURE = 5.0  # of the database, in which nobody waits for it again
SECONDS_LET_IN = 1.0  # in which a request commits without asking again
SECONDS_TO_COMMIT = 2.0  # the driver waits no longer for the answer to a COMMIT
SECONDS_BELIEVED = 5.0  # where no session and no token is looked up
CHANGE_NOTHING = {"notes.preview"}  # although they are sent by POST

site_mode = Table(
    "site_mode",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # ROW; without it the site is open
    Column("mode", exact(12), nullable=False),
    Column("since", BIG, nullable=False),
    **MYSQL_TABLE,
)
_MODE = select(site_mode.c.mode).where(site_mode.c.id == ROW)


@dataclass
class Known:
    """What this process has read last, and when; it does not ask again before a moment (all of `time.monotonic`).

    `asked_at` is when it asked last, be it in vain.
    """

    mode: Mode = "open"
    answered_at: float = -SECONDS_BELIEVED
    asked_at: float = -SECONDS_BELIEVED
    ask_again_at: float = 0.0


_known: PerApp[Known] = PerApp("site_mode")


def init_app(app: Flask) -> None:
    _known.set(app, Known())
    access.guard(app, refuse_if_not_open)
    db.check_before_commit(app, _check_before_commit)


def learn(mode: str | None) -> None:
    """Take note of what the database says; without a row the site is open."""
    known = _known.get()
    known.mode = cast("Mode", mode or "open")
    known.answered_at = known.asked_at = time.monotonic()
    g.has_learned_site_mode = True


def current() -> Mode:
    """Return the stricter of the setting and of what was read last."""
    return max(_known.get().mode, cast("Mode", current_app.config["SITE_MODE"]), key=MODES.index)


def read() -> Mode:
    """Return the mode, asked for now; of a database that does not answer, the one that was read last.

    Raises Unavailable for such a one while the site is open.
    """
    known = _known.get()
    if current_app.config["SITE_MODE"] == "closed" or time.monotonic() < known.ask_again_at:
        return current()
    try:
        learn(db.read(_MODE).scalar())
    except Unavailable:
        if current() == "open":
            raise
        known.ask_again_at = time.monotonic() + SECONDS_AFTER_FAILURE
    return current()


def check_takes_changes() -> None:
    """Raise ReadOnly or Closed, unless the site is open."""
    mode = read()
    if mode != "open":
        raise Closed if mode == "closed" else ReadOnly


def refuse_if_not_open(is_looked_up: bool) -> None:
    """Raise what keeps this request from being answered; called before and after somebody `is_looked_up`."""
    if request.blueprint == "assets":
        return
    changes = request.method not in SAFE and request.endpoint not in CHANGE_NOTHING
    mode = current()
    if "has_learned_site_mode" not in g and (mode != "open" or (changes and not is_looked_up)):
        mode = read()
    elif is_looked_up:
        mode = _read_again()
    if mode == "closed":
        raise Closed
    if mode == "read-only" and changes:
        raise ReadOnly


def _read_again() -> Mode:
    """Ask where nothing else has asked for some seconds. What can be shown without a database is shown without it."""
    known = _known.get()
    if time.monotonic() - known.asked_at >= SECONDS_BELIEVED:
        try:
            return read()
        except Unavailable:
            known.asked_at = time.monotonic()
    return current()


def _check_before_commit(opened: Connection) -> None:
    if time.monotonic() - _known.get().answered_at >= SECONDS_LET_IN:
        learn(opened.execute(_MODE).scalar())
    if current() != "open":
        raise Closed if current() == "closed" else ReadOnly


def set_mode(mode: Mode) -> None:
    """Let all instances have this mode: at once for what changes something, in some seconds for every page.

    Waits until what was let in before has been committed or refused.
    """
    _store(mode)
    learn(mode)
    if mode != "open":
        time.sleep(SECONDS_LET_IN + SECONDS_TO_COMMIT)


@db.in_transaction
def _store(mode: Mode) -> None:
    db.connection().execute(delete(site_mode))
    if mode != "open":
        db.connection().execute(insert(site_mode), {"id": ROW, "mode": mode, "since": clock.now_us()})


def since() -> int | None:
    """Return since when the site is not open by command, None where it is."""
    found: int | None = db.read(select(site_mode.c.since).where(site_mode.c.id == ROW)).scalar()
    return found
