"""Connections and transactions: what a database can do to us, and what the application makes of it."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from flask import Flask
from on_databases import on_servers, on_sqlite
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from app import db
from app.accounts.models import account
from app.db.metadata import sqlalchemy
from app.errors import Unavailable
from app.ops import metrics

PERSON = {"password_hash": "", "created_at": 0}


def _emails() -> set[str]:
    return set(db.read(select(account.c.email)).scalars())


def _add(email: str) -> None:
    db.connection().execute(insert(account), PERSON | {"email": email})


def test_a_transaction_is_kept_as_a_whole_or_not_at_all(context: Flask) -> None:
    def fail() -> None:
        with db.transaction():
            _add("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with db.transaction():
        _add("b")
    assert _emails() == {"b"}


def test_a_transaction_inside_another_takes_part_in_it(context: Flask) -> None:
    def fail() -> None:
        with db.transaction():
            with db.transaction():
                _add("a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not _emails()


@on_servers
def test_a_connection_that_was_cut_is_replaced_without_an_error(context: Flask) -> None:
    _cut()
    assert _emails() == set()
    _cut()
    with db.transaction():
        _add("a")
    assert _emails() == {"a"}


@on_servers
def test_a_statement_of_the_pages_succeeds_although_its_connection_was_cut(context: Flask) -> None:
    one = db.PreparedQuery("SELECT :number")
    _cut()
    assert list(one.rows(number=1)) == [(1,)]


@on_servers
def test_a_statement_of_the_pages_inside_a_transaction_fails_with_it(context: Flask) -> None:
    one = db.PreparedQuery("SELECT :number")

    def fail() -> None:
        with db.transaction():
            _cut()
            one.rows(number=1)

    with pytest.raises(Unavailable):
        fail()


@on_servers
def test_a_connection_cut_inside_a_transaction_is_an_error_and_keeps_nothing(context: Flask) -> None:
    def fail() -> None:
        with db.transaction():
            _add("a")
            _cut()
            _add("b")

    with pytest.raises(Unavailable):
        fail()
    assert not _emails()


def _cut() -> None:
    """Kill this thread's connection from another one."""
    number = db.connection().execute(text("SELECT CONNECTION_ID()")).scalar_one()
    with sqlalchemy.engine.connect() as other:
        other.exec_driver_sql(f"KILL {number}")


@on_servers
def test_the_victim_of_a_deadlock_starts_again(app: Flask, context: Flask) -> None:
    for email in ("a", "b"):
        _add(email)
    meet = threading.Barrier(2, timeout=60)
    runs: list[str] = []

    @db.in_transaction
    def rename(first: str, second: str) -> None:
        runs.append(first)
        for turn, email in enumerate((first, second)):
            update = text("UPDATE account SET created_at = created_at + 1 WHERE email = :email")
            db.connection().execute(update, {"email": email})
            if not turn and len(runs) <= 2:
                meet.wait()

    def in_a_thread(first: str, second: str) -> None:
        with app.app_context():
            rename(first, second)

    threads = [threading.Thread(target=in_a_thread, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 3
    assert set(db.read(text("SELECT created_at FROM account")).scalars()) == {2}


@on_servers
def test_a_server_that_turned_read_only_is_dropped_from_the_pool(context: Flask) -> None:
    before = db.connection().connection.dbapi_connection
    # The account of the tests may write to a read-only server, too, so the error is raised as the server words it.
    with pytest.raises(Unavailable):
        db.read(text("SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'read only'"))
    assert db.connection().connection.dbapi_connection is not before


def _in_use() -> float:
    [figure] = metrics.POOL_CHECKED_OUT.collect()
    return figure.samples[0].value


def test_a_connection_counts_as_in_use_for_as_long_as_it_is(app: Flask) -> None:
    one = db.PreparedQuery("SELECT :number")
    with app.app_context():
        assert _in_use() == 0
        one.rows(number=1)
        with app.app_context():
            one.rows(number=1)
            assert _in_use() == 2
        assert _in_use() == 1
        db.release()
        assert _in_use() == 0
        _add("a")
        assert _in_use() == 1
    assert _in_use() == 0


@on_servers
def test_an_exhausted_pool_is_said_to_be_unavailable(context: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlalchemy.engine.pool, "_timeout", 0.1)
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(sqlalchemy.engine.connect())
        with pytest.raises(Unavailable):
            db.connection()
    assert db.connection()


def test_an_error_does_not_repeat_what_people_wrote(context: Flask) -> None:
    _add("canary")
    with pytest.raises(IntegrityError) as refusal:
        _add("canary")
    assert "canary" not in str(refusal.value).replace("'canary' for key", "")


@on_sqlite
def test_an_acknowledged_write_is_on_the_disk(context: Flask) -> None:
    assert db.read(text("PRAGMA synchronous")).scalar_one() == 2
    assert db.read(text("PRAGMA journal_mode")).scalar_one() == "wal"


@on_sqlite
def test_who_opens_a_new_file_while_another_does_so_waits(app: Flask, sqlite_file: Path) -> None:
    """SQLite refuses at once here, because either could wait for the other: it gets its log from the first of them."""
    with closing(sqlite3.connect(sqlite_file, isolation_level=None)) as first, ThreadPoolExecutor() as pool:
        assert first.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        first.execute("BEGIN IMMEDIATE")
        opened = pool.submit(_journal_mode, app)
        with pytest.raises(TimeoutError):
            opened.result(timeout=0.3)
        first.execute("COMMIT")
        assert opened.result(timeout=20) == "wal"


def _journal_mode(app: Flask) -> str:
    with app.app_context():
        return str(db.read(text("PRAGMA journal_mode")).scalar_one())
