"""Whether the site is open, takes no changes, or is closed: by the setting SITE_MODE, or by command while it runs.

All instances share a row of the database. Looking up a session or a token reads it in the same statement; what changes
something asks for it by itself, and so does everything while the site is not open. A database that does not answer is
perhaps what is being worked on: a process then goes by what it read last.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal, cast, get_args

from flask import Flask, current_app, request
from sqlalchemy import Column, Integer, Table, delete, insert, select

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
CHANGE_NOTHING = {"notes.preview"}  # although they are sent by POST

site_mode = Table(
    "site_mode",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # ROW; without it the site is open
    Column("mode", exact(12), nullable=False),
    Column("since", BIG, nullable=False),
    **MYSQL_TABLE,
)


@dataclass
class Known:
    """What this process has read last; it does not ask again before a moment of `time.monotonic`."""

    mode: Mode = "open"
    ask_again_at: float = 0.0


_known: PerApp[Known] = PerApp("site_mode")


def init_app(app: Flask) -> None:
    _known.set(app, Known())
    access.guard(app, refuse_if_not_open)


def learn(mode: str | None) -> None:
    """Take note of what the database says; without a row the site is open."""
    _known.get().mode = cast("Mode", mode or "open")


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
        learn(db.read(select(site_mode.c.mode).where(site_mode.c.id == ROW)).scalar())
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


def refuse_if_not_open() -> None:
    """Raise what keeps this request from being answered; called before and after somebody is looked up."""
    changes = request.method not in SAFE and request.endpoint not in CHANGE_NOTHING
    if request.blueprint == "assets" or (current() == "open" and not changes):
        return
    mode = read()
    if mode == "closed":
        raise Closed
    if mode == "read-only" and changes:
        raise ReadOnly


@db.in_transaction
def set_mode(mode: Mode) -> None:
    """Let all instances have this mode: at the latest with the next request of somebody who is signed in."""
    db.connection().execute(delete(site_mode))
    if mode != "open":
        db.connection().execute(insert(site_mode), {"id": ROW, "mode": mode, "since": clock.now_us()})
    learn(mode)


def since() -> int | None:
    """Return since when the site is not open by command, None where it is."""
    found: int | None = db.read(select(site_mode.c.since).where(site_mode.c.id == ROW)).scalar()
    return found
