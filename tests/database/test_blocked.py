"""What waits for a lock waits briefly: migrations beside a serving app, statements that nobody awaits any more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pymysql
import pytest
from click.testing import Result
from flask import Flask
from on_databases import on_servers
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import db
from app.errors import Unavailable
from devtools.databases import MIGRATIONS, run_sql
from devtools.processes import wait_until
from migrations import patience

pytestmark = on_servers
WITHOUT_A_TABLE = "0030"  # the way there drops one
SLOW = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
SELECT SUM(a.i * b.i % 7 + c.i % 3) FROM n AS a, n AS b, n AS c
"""


@pytest.fixture
def database_url(database_url: str) -> str:
    """The address with the user whom the release step is."""
    return database_url.replace("app:app@", "migrate:migrate@")


@contextmanager
def forgotten_transaction(database_url: str) -> Iterator[int]:
    """Hold what a forgotten transaction holds of every table; yield the number of its connection."""
    url = make_url(database_url)
    tables = [row[0] for row in run_sql(database_url, "SHOW TABLES")]
    with pymysql.connect(
        host=url.host or "",
        port=url.port or 0,
        user=url.username,
        password=url.password or "",
        database=url.database,
    ) as holding:
        cursor = holding.cursor()
        cursor.execute("BEGIN")
        for table in tables:
            cursor.execute(f"SELECT 1 FROM `{table}` LIMIT 1")
        cursor.execute("SELECT CONNECTION_ID()")
        yield cursor.fetchall()[0][0]


def flask_db(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["db", *arguments, "-d", str(MIGRATIONS)])


def test_a_blocked_migration_names_who_blocks_it_fails_no_request_and_goes_on_afterwards(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_BETWEEN", 0)
    with ThreadPoolExecutor() as pool:
        with forgotten_transaction(database_url) as number:
            running = pool.submit(flask_db, app, "downgrade", WITHOUT_A_TABLE)
            end = time.monotonic() + 2.5 * patience.SECONDS_FOR_A_LOCK
            with app.app_context():
                while time.monotonic() < end:
                    db.read(text("SELECT COUNT(*) FROM account_passkey"))
        result = running.result(60)
    assert result.exit_code == 0, result.output
    assert f"A table is locked by connection {number} (migrate@" in result.output
    assert "(undone): " in result.output
    result = flask_db(app, "upgrade")
    assert result.exit_code == 0, result.output


def test_a_migration_that_gets_no_lock_fails_with_a_sentence_and_can_be_run_again(
    app: Flask, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "SECONDS_BETWEEN", 0)
    monkeypatch.setattr(patience, "TRIES", 1)
    with forgotten_transaction(database_url):
        result = flask_db(app, "downgrade", WITHOUT_A_TABLE)
    assert result.exit_code == 1
    assert result.output.endswith(
        "another session holds a lock on what is to be changed; try again (`flask database sessions`).\n"
    )
    for arguments in (["downgrade", WITHOUT_A_TABLE], ["upgrade"]):
        assert flask_db(app, *arguments).exit_code == 0


def test_the_server_ends_a_statement_that_nobody_awaits_any_more(app: Flask, database_url: str) -> None:
    with app.app_context(), pytest.raises(Unavailable):
        db.read(text(SLOW))
    running = "SELECT COUNT(*) FROM information_schema.processlist WHERE info LIKE 'WITH RECURSIVE n%'"
    wait_until(lambda: run_sql(database_url, running) == [(0,)], "the end of the statement", 2)


def test_an_operator_sees_the_connections_of_the_app_and_ends_one(app: Flask, database_url: str) -> None:
    runner = app.test_cli_runner()
    with forgotten_transaction(database_url) as number:
        listed = runner.invoke(args=["database", "sessions"]).output
        assert any(line.startswith(f"{number}  ") and "Sleep" in line for line in listed.splitlines())
        ended = runner.invoke(args=["database", "sessions", "--end", str(number)])
        assert ended.output == f"{number} is ended; what it had not committed is rolled back.\n"
        ids = run_sql(database_url, "SELECT id FROM information_schema.processlist")
        assert (number,) not in ids
    again = runner.invoke(args=["database", "sessions", "--end", str(number)])
    assert (again.exit_code, again.output) == (1, f"Error: This user has no connection {number}.\n")
    administrator = run_sql(database_url, "SELECT MIN(id) FROM information_schema.processlist WHERE user <> 'migrate'")
    assert runner.invoke(args=["database", "sessions", "--end", str(administrator[0][0])]).exit_code == 1
