"""Fills a database with notes of a real vocabulary, in bulk, row for row as app/notes/service stores them.

The databases are made once and kept in build/benchmarks/ (SQLite files and data directories of servers); measurements
work on copies. Where there are a million notes, a thousand people share them, and one has a tenth.
"""

from __future__ import annotations

import itertools
import random
import re
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.metadata import distributions
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import click
import flask_migrate
import pymysql
from sqlalchemy import Connection, insert, make_url

from app import create_app, db
from app.accounts.models import account
from app.db.health import WANTED
from app.db.metadata import sqlalchemy
from app.notes import service, tokens
from app.notes.drafts import Draft
from app.notes.models import note, note_creation, note_tag, tag_change
from app.notes.service import Note, creating, storing
from config import ROOT, from_environment
from devtools import mariadb
from devtools.databases import ENGINES
from devtools.processes import free_port

KEPT = ROOT / "build" / "benchmarks"
SEED = 20
BATCH = 2_000
WORDS = 60  # a note, roughly

# Words that stand in no other text, so that a search for one finds as many notes as it should.
RARE = "quokka"  # in about ten notes of each person
MEDIUM = ("lantern", "compass")  # each in a twentieth of all notes
THIRD = "meadow"  # in a third of all notes
TAGS = [f"{place}-{thing}" for place in ("home", "work", "club") for thing in "abcdefghij"]

FIRST_MOMENT = 1_704_067_200_000_000  # 2024-01-01, in microseconds since 1970
SPAN = 2 * 365 * 24 * 3600 * 1_000_000
BIG_OWNER = 1

# What a small production server would have; the rest are defaults.
OPTIONS = {
    "mariadb": ("--innodb-buffer-pool-size=4G", "--innodb-log-file-size=256M"),
    "mysql": ("--innodb-buffer-pool-size=4G", "--innodb-redo-log-capacity=512M"),
}


@dataclass(frozen=True, slots=True)
class Pile:
    """So many notes of so many people; the first of them, BIG_OWNER, has `biggest`, the others share the rest."""

    notes: int
    owners: int
    biggest: int

    @property
    def ordinary_owner(self) -> int:
        return self.owners // 2 + 1

    def other_owners(self) -> Iterator[int]:
        """Yield people other than the first, as often as asked; the first where there is nobody else."""
        return itertools.cycle(range(2, self.owners + 1) or [1])

    def expected(self, owner: int) -> int:
        """Return how many notes the owner has, more or less."""
        return self.biggest if owner == BIG_OWNER else (self.notes - self.biggest) // (self.owners - 1)


PILES = {
    100: Pile(100, 1, 100),
    10_000: Pile(10_000, 10, 5_500),
    1_000_000: Pile(1_000_000, 1_000, 100_000),
}


def vocabulary() -> Counter[str]:
    """Return the words of Python's own help and of the installed packages' descriptions, with their frequencies."""
    texts = itertools.chain(topics.values(), (package.read_text("METADATA") or "" for package in distributions()))
    return Counter(word for text in texts for word in re.findall(r"[a-z]{2,20}", text.lower()))


def notes(pile: Pile, seed: int = SEED) -> Iterator[Note]:
    """Yield the notes of a pile, oldest first, everybody's mixed as they would be written."""
    chance = random.Random(seed)
    known, weights = zip(*sorted(vocabulary().items()), strict=True)
    cumulated = list(itertools.accumulate(weights))
    owners = range(1, pile.owners + 1)
    shares = list(itertools.accumulate(pile.expected(owner) for owner in owners))
    for number in range(pile.notes):
        owner = chance.choices(owners, cum_weights=shares)[0]
        written = chance.choices(known, cum_weights=cumulated, k=chance.randint(WORDS // 2, WORDS * 3 // 2))
        written += _planted(chance, pile.expected(owner))
        chance.shuffle(written)
        moment = FIRST_MOMENT + number * (SPAN // pile.notes)
        yield _note(chance, owner, number, moment, written)


def _planted(chance: random.Random, notes_of_owner: int) -> Iterator[str]:
    chances = [(RARE, 10 / notes_of_owner), (MEDIUM[0], 1 / 20), (MEDIUM[1], 1 / 20), (THIRD, 1 / 3)]
    return (word for word, likelihood in chances if chance.random() < likelihood)


def _note(chance: random.Random, owner: int, number: int, moment: int, written: list[str]) -> Note:
    status = chance.choices(["none", "open", "done"], [80, 12, 8])[0]
    # Half of the tasks have no due date: thousands of the same order, which a page must not wade through.
    dated = status != "none" and chance.random() < 0.5
    place = chance.choices(["notes", "archive", "trash"], [95, 4, 1])[0]
    lines = (" ".join(written[at : at + 12]) for at in range(4, len(written), 12))
    draft = Draft(
        title=" ".join(written[:4]).capitalize(),
        body="\n".join(lines),
        tags=tuple(sorted(chance.sample(TAGS, chance.randrange(4)))),
        status=status,
        due_on=date(2026, 1, 1) + timedelta(days=chance.randrange(365)) if dated else None,
    )
    # As service.new_id makes them, with the number in place of chance.
    identity = (moment // 1000 - 1_577_836_800_000) << 12 | number % 4096
    return Note(owner, identity, 1, place, chance.random() < 0.002, moment, moment, draft)


def fill(pile: Pile, seed: int = SEED) -> None:
    """Write accounts and notes into the app's database, which is empty and has the current schema."""
    connection, mysql = db.connection(), db.dialect() == "mysql"
    connection.exec_driver_sql(
        "SET foreign_key_checks = 0, unique_checks = 0" if mysql else "PRAGMA foreign_keys = OFF"
    )
    if mysql:  # building the index once is faster than keeping it up to date
        connection.exec_driver_sql("ALTER TABLE note_search DROP KEY ft_note_search_words")
    else:
        connection.exec_driver_sql("PRAGMA synchronous = OFF")
        connection.exec_driver_sql("PRAGMA cache_size = -2000000")
    owners = range(1, pile.owners + 1)
    connection.execute(insert(account), [_account(owner) for owner in owners])
    connection.execute(insert(tag_change), [{"owner_id": owner, "number": 1} for owner in owners])
    produced = notes(pile, seed)
    while batch := list(itertools.islice(produced, BATCH)):
        connection.exec_driver_sql("BEGIN")
        _insert(connection, batch)
        connection.exec_driver_sql("COMMIT")
    if mysql:
        connection.exec_driver_sql("ALTER TABLE note_search ADD FULLTEXT KEY ft_note_search_words (words)")
        connection.exec_driver_sql("SET foreign_key_checks = 1, unique_checks = 1")
    for table in ("note", "note_tag", "note_search", "account"):
        connection.exec_driver_sql(f"ANALYZE TABLE {table}" if mysql else f"ANALYZE {table}")


def _account(owner: int) -> dict[str, Any]:
    # No password has this hash, so the account cannot be signed in to.
    return {"id": owner, "email": f"person{owner}@example.org", "password_hash": "!", "created_at": FIRST_MOMENT}


def _insert(connection: Connection, batch: list[Note]) -> None:
    connection.execute(insert(note), [storing.row(new, new.changed_at) for new in batch])
    connection.execute(insert(note_creation), [_creation(new) for new in batch])
    shown = [new for new in batch if new.place != "trash"]
    if tagged := [row for new in shown for row in _tags(new)]:
        connection.execute(insert(note_tag), tagged)
    connection.execute(storing.ADD_TO_SEARCH[db.dialect()], [_found_by(new) for new in shown])


def _creation(new: Note) -> dict[str, Any]:
    digest = creating._digest(new.draft, new.pinned)
    return {"owner_id": new.owner_id, "key": f"bulk-{new.id}", "note_id": new.id, "digest": digest}


def _tags(new: Note) -> list[dict[str, Any]]:
    order = service.list_order(new, new.changed_at)
    common = {"owner_id": new.owner_id, "note_id": new.id, "place": new.place, "list_order": order}
    return [common | {"tag": tag, "name": tag} for tag in new.draft.tags]


def _found_by(new: Note) -> dict[str, Any]:
    found_by = tokens.index_text(new.owner_id, new.draft, new.pinned, new.place == "archive")
    return {"owner": new.owner_id, "id": new.id, "words": found_by}


def make(url: str, pile: Pile) -> float:
    """Bring an empty database at `url` to the current schema, fill it, and return the seconds it took."""
    started = time.monotonic()
    app = create_app(from_environment({"APP_ENV": "testing", "DATABASE_URL": url}))
    # As a command, which may take its time: building the full-text index of a million notes takes longer than any page.
    with app.app_context(), click.Context(click.Command("make")):
        flask_migrate.upgrade()
        fill(pile)
        db.release()
        sqlalchemy.engine.dispose()
    return time.monotonic() - started


def sqlite_file(size: int) -> Path:
    """Return the kept SQLite file with so many notes and the present schema, made now if there is none."""
    file = KEPT / f"{size}-{WANTED}.db"
    if not file.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_name(f"{file.name}.unfinished")
        unfinished.unlink(missing_ok=True)
        print(f"{size:,} notes on SQLite: {make(f'sqlite:///{unfinished}', PILES[size]):.1f} s", flush=True)
        unfinished.rename(file)
    return file


def server_folder(engine: str, size: int) -> Path:
    """Return the kept data directory of a server whose database `notes` has so many notes; see `sqlite_file`."""
    folder = KEPT / f"{size}-{WANTED}.{engine}"
    if not folder.exists():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        ENGINES[engine].install(unfinished)
        with server_on(engine, unfinished) as url:
            run(url, "CREATE DATABASE notes CHARACTER SET utf8mb4")
            print(f"{size:,} notes on {engine}: {make(f'{url}/notes', PILES[size]):.1f} s", flush=True)
        unfinished.rename(folder)
    return folder


@contextmanager
def server_on(engine: str, folder: Path) -> Iterator[str]:
    """Run a server on the data in `folder` and yield its address; the data stays."""
    port = free_port()
    with ENGINES[engine].run(folder, port, *OPTIONS[engine], seconds_to_stop=120):
        yield mariadb.address(port)


def run(url: str, *statements: str) -> None:
    with closing(pymysql.connect(host="127.0.0.1", port=make_url(url).port or 0, user="root")) as connection:
        for statement in statements:
            connection.cursor().execute(statement)


if __name__ == "__main__":
    for number_of_notes in PILES:
        sqlite_file(number_of_notes)
        for server in ENGINES:
            server_folder(server, number_of_notes)
