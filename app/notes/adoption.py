"""Takes over the notes of the original application: its table `entry` with id, title, description and status."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, Row, create_engine, event, exc, inspect, make_url, text
from sqlalchemy.pool import NullPool

from app.db import credentials
from app.notes.drafts import UNSTORABLE, Draft
from app.notes.transfer.fitting import fit_title, split_text
from app.notes.transfer.storing import BATCH, IncomingNote, Outcome, new_note, store

COLUMNS = {"id", "title", "description", "status"}
FALSE = {"", "0", "false", "f", "no", "n", "off", "none"}
SECONDS_TO_CONNECT = 5


class CannotAdopt(Exception):
    """The old database cannot be read; the message is one sentence for the operator, without the password."""


@dataclass(slots=True)
class Report:
    """How many notes are new and how many were here; the ids of rows that changed there since they were adopted."""

    added: int = 0
    known: int = 0
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class OldDatabase:
    """The open database of the original application; `rows` is how many there are."""

    url: URL
    connection: Connection
    rows: int

    def batches(self) -> Iterator[Sequence[Row[Any]]]:
        """Yield all rows, so many at a time. Raises CannotAdopt."""
        # A cursor on the server, and no order: whatever the ids are, each row comes once.
        streaming = self.connection.execution_options(yield_per=BATCH)
        with _failures(self.url):
            yield from streaming.execute(text("SELECT id, title, description, status FROM entry")).partitions()


@contextmanager
def open_database(address: str, password: str | None = None) -> Iterator[OldDatabase]:
    """Yield the database at `address`, which can only be read. Raises CannotAdopt."""
    url = _url(address, password)
    engine = _engine(url)
    try:
        with _failures(url):
            connection = engine.connect()
        with connection:
            with _failures(url):
                _check(connection)
                rows = connection.scalar(text("SELECT COUNT(*) FROM entry")) or 0
            yield OldDatabase(url, connection, rows)
    finally:
        engine.dispose()


@contextmanager
def _failures(url: URL) -> Iterator[None]:
    try:
        yield
    except exc.DBAPIError as error:
        # The driver's own words name no password: they are about host, user, file or table.
        raise CannotAdopt(f"The database {url.render_as_string()} cannot be read: {_words(error)}.") from None


def _url(address: str, password: str | None) -> URL:
    try:
        url = make_url(address)
    except (exc.ArgumentError, ValueError):
        raise CannotAdopt(
            "The address is not one such as sqlite:////folder/old.db or mysql://user@host/name."
        ) from None
    if url.drivername in {"mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql"}:
        return url.set(drivername="mysql+pymysql", password=url.password or password)
    if url.drivername not in {"sqlite", "sqlite+pysqlite"} or not url.database:
        raise CannotAdopt("The address must begin with sqlite:/// or mysql://, and name a database.")
    if not Path(url.database).is_file():
        raise CannotAdopt(f"There is no file {url.database}.")
    return url


def _engine(url: URL) -> Engine:
    if url.drivername.startswith("sqlite"):
        assert url.database is not None
        path = f"file:{quote(str(Path(url.database).absolute()))}?mode=ro"
        return create_engine("sqlite://", creator=lambda: _read_only_file(path), poolclass=NullPool)
    engine = create_engine(
        url.update_query_dict({"charset": "utf8mb4"}),
        poolclass=NullPool,
        connect_args={"connect_timeout": SECONDS_TO_CONNECT, "init_command": "SET SESSION TRANSACTION READ ONLY"},
    )
    event.listen(engine, "do_connect", credentials.encode_password)
    return engine


def _read_only_file(path: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, uri=True, check_same_thread=False)
    # SQLite stores whatever it is given: a text need not be UTF-8.
    connection.text_factory = _decode
    return connection


def _decode(stored: bytes) -> str:
    try:
        return stored.decode()
    except UnicodeDecodeError:
        return stored.decode("latin-1")


def _check(connection: Connection) -> None:
    tables = inspect(connection)
    found = {column["name"] for column in tables.get_columns("entry")} if tables.has_table("entry") else set()
    if not COLUMNS.issubset(found):
        raise CannotAdopt("That database has no table entry with id, title, description and status.")


def _words(error: exc.DBAPIError) -> str:
    return str(error.orig.args[-1]).rstrip(".") if error.orig and error.orig.args else "no reason given"


def adopt(owner: int, old: OldDatabase, advance: Callable[[int], None]) -> Report:
    """Store a note for every row; `advance` is told how many more rows are done."""
    report = Report()
    for batch in old.batches():
        notes = [(str(row.id), note) for row in batch for note in _incoming_notes(owner, row)]
        outcomes = store(owner, [note for _, note in notes])
        report.added += outcomes.count(Outcome.ADDED)
        report.known += outcomes.count(Outcome.KNOWN)
        report.changed += [
            row_id for (row_id, _), outcome in zip(notes, outcomes, strict=True) if outcome is Outcome.DIFFERS
        ]
        advance(len(batch))
    return report


def _incoming_notes(owner: int, row: Row[Any]) -> Iterator[IncomingNote]:
    """Yield the row as a note, or as several where its text is longer than that of a note may be."""
    # The row as it was there names the note for good: what becomes of the note here does not matter.
    source = hashlib.sha256(repr((row.id, row.title, row.description)).encode("utf-8", "surrogatepass")).hexdigest()
    status = "done" if _is_true(row.status) else "open"
    title, body = fit_title(_text(row.title), _text(row.description))
    parts = list(split_text(body.replace("\r\n", "\n").replace("\r", "\n"))) or [""]
    for number, part in enumerate(parts, 1):
        fitting_title = title or ("" if part.strip() else f"Entry {row.id}")
        draft = Draft(fitting_title, part, status=status).cleaned()
        digest = hashlib.sha256(status.encode()).digest()
        yield IncomingNote(new_note(owner, draft), f"entry-{number}-{source[:48]}", digest)


def _text(value: Any) -> str:
    if value is None:
        return ""
    return UNSTORABLE.sub("\N{SYMBOL FOR NULL}", _decode(value) if isinstance(value, bytes) else str(value))


def _is_true(value: Any) -> bool:
    if isinstance(value, bytes):  # MySQL's BIT
        return any(value)
    return str(value).strip().lower() not in FALSE
