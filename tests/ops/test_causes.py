"""A request that failed has one line in the log, which says why: a cause of a closed list and the server's number."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest
from flask import Flask
from flask.testing import FlaskClient
from log_lines import find_pattern, read_lines
from on_databases import on_servers, on_sqlite
from pymysql.err import InterfaceError, OperationalError
from sqlalchemy import exc

from app import db
from app.db.causes import find_cause, find_first, unavailable
from app.db.diagnosis import explain
from app.errors import Cause, Unavailable
from app.notes import service
from app.notes.drafts import BODY_BYTES, Draft
from app.notes.search import search
from app.ops.logs import JsonFormatter
from devtools.databases import run_sql
from devtools.forms import csrf_token


def of_the_driver(error: Exception) -> exc.DBAPIError:
    return exc.DBAPIError.instance(None, None, error, pymysql.Error)  # type: ignore[return-value]  # as SQLAlchemy does


def timed_out() -> OperationalError:
    error = OperationalError(2013, "Lost connection to MySQL server during query (timed out)")
    error.__context__ = TimeoutError()
    return error


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (exc.TimeoutError(), Cause.POOL),
        (of_the_driver(OperationalError(1040, "Too many connections")), Cause.CONNECTIONS),
        (of_the_driver(OperationalError(1205, "Lock wait timeout exceeded")), Cause.LOCK),
        (of_the_driver(OperationalError(1045, "Access denied")), Cause.DENIED),
        (of_the_driver(OperationalError(1114, "The table 'note' is full")), Cause.DISK_FULL),
        (
            of_the_driver(pymysql.err.InternalError(3, 'Error writing (Errcode: 28 "No space left on device")')),
            Cause.DISK_FULL,
        ),
        (of_the_driver(OperationalError(1290, "--read-only")), Cause.READ_ONLY),
        (of_the_driver(OperationalError(2003, "Can't connect")), Cause.GONE),
        (of_the_driver(timed_out()), Cause.TIME_OUT),
        (of_the_driver(OperationalError(3024, "maximum statement execution time exceeded")), Cause.TIME_OUT),
        (of_the_driver(pymysql.err.ProgrammingError(1146, "Table 'notes.note' doesn't exist")), Cause.SCHEMA),
        (of_the_driver(OperationalError(4242, "?")), Cause.UNKNOWN),
    ],
)
def test_an_error_has_one_cause(error: Exception, cause: Cause) -> None:
    assert find_cause(error) is unavailable(error).cause is cause


def test_a_dead_connection_is_not_the_last_word() -> None:
    afterwards = InterfaceError(0, "")
    afterwards.__context__ = timed_out()
    said = unavailable(of_the_driver(afterwards))
    assert (said.cause, said.number) == (Cause.TIME_OUT, 2013)
    assert find_first(of_the_driver(InterfaceError(0, ""))).orig.args == (0, "")  # type: ignore[attr-defined]  # the driver's


@contextmanager
def read_only(database_url: str) -> Any:
    run_sql(database_url, "SET GLOBAL read_only = 1")
    try:
        yield
    finally:
        run_sql(database_url, "SET GLOBAL read_only = 0")


@contextmanager
def without_a_table(database_url: str) -> Any:
    run_sql(database_url, "RENAME TABLE note_creation TO elsewhere")
    try:
        yield
    finally:
        run_sql(database_url, "RENAME TABLE elsewhere TO note_creation")


@dataclass(frozen=True)
class Incident:
    begin: Callable[[str], Any]
    cause: str
    number: int
    sentence: str  # for operators


@on_servers
@pytest.mark.parametrize(
    "incident",
    [
        Incident(read_only, "read-only", 1290, "it is read-only"),
        Incident(without_a_table, "schema", 1146, "run `flask db upgrade` first"),
    ],
    ids=lambda incident: incident.cause,
)
def test_a_failed_save_has_one_line(
    alice: FlaskClient, database_url: str, caplog: pytest.LogCaptureFixture, incident: Incident
) -> None:
    form = {"title": "canary", "status": "none", "key": "k" * 22, "csrf_token": csrf_token(alice, "/notes/new")}
    with caplog.at_level(logging.INFO), incident.begin(database_url):
        caplog.clear()
        assert alice.post("/notes", data=form).status_code == 503
    [line] = read_lines(caplog)
    assert (line["cause"], line["error_number"]) == (incident.cause, incident.number)
    assert (line["route"], line["status"], line["level"]) == ("/notes", 503, "error")
    assert line["account"] is not None
    assert line["request_id"]
    assert "canary" not in json.dumps(line)
    assert len(line["trace"]) < 1500
    error = next(record.exc_info[1] for record in caplog.records if record.exc_info)
    with alice.application.app_context():
        assert incident.sentence in explain(error.__cause__)  # type: ignore[union-attr,arg-type]  # it has both


@pytest.mark.server
@pytest.mark.parametrize("database_url", ["mariadb"], indirect=True)
def test_a_search_that_the_server_ended_took_too_long(owner: int) -> None:
    """MariaDB has another number for it than for other statements."""
    with db.transaction():
        for number in range(20):
            service.create(owner, Draft("repeated", "a b " * (BODY_BYTES // 4)), f"key{number}")
    db.connection().exec_driver_sql("SET SESSION max_statement_time = 0.001")
    failures = []
    for _ in range(100):  # the server looks at its clock now and then: the end of a quick search comes before that
        try:
            search(owner, '"a b a b a"')
        except Unavailable as error:
            failures.append(error)
    assert {error.cause for error in failures} == {Cause.TIME_OUT}
    assert 188 in {error.number for error in failures}


@on_sqlite
def test_a_trace_is_written_once_a_minute_and_folded(database_url: str) -> None:
    formatter = JsonFormatter()

    def line() -> dict[str, Any]:
        try:
            json.loads("{")
        except ValueError as error:
            record = logging.LogRecord("app", logging.ERROR, "", 0, "request", (), (type(error), error, None))
        written: dict[str, Any] = json.loads(formatter.format(record))
        return written

    first, second = line(), line()
    assert first["trace"].startswith("JSONDecodeError: tests/ops/test_causes.py:")
    assert "trace" not in second
    assert first["error"] == second["error"]
    assert first["error"].startswith("JSONDecodeError: ")


@on_sqlite
def test_a_refused_form_says_why(alice: FlaskClient, app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    csrf_token(alice, "/notes/new")
    with caplog.at_level(logging.INFO):
        alice.post("/notes", data={"title": "kept", "csrf_token": "of another key"})
        alice.post("/notes", data={"title": "kept"})
    assert [(line["cause"], line["reason"], line["level"]) for line in read_lines(caplog)] == [
        ("form", "The CSRF token is invalid.", "warning"),
        ("form", "The CSRF token is missing.", "warning"),
    ]


@pytest.mark.parametrize(
    ("metric", "causes"), [("LockWaits", {Cause.LOCK}), ("PoolExhausted", {Cause.POOL, Cause.CONNECTIONS})]
)
def test_an_alarm_on_aws_counts_the_lines_of_its_causes_and_no_other(metric: str, causes: set[Cause]) -> None:
    def line(cause: Cause) -> str:
        record = logging.LogRecord("app", logging.ERROR, "", 0, "request", (), None)
        record.fields = {"route": "/lock", "cause": cause, "error_number": 1205, "reason": "pool"}
        return JsonFormatter().format(record)

    pattern = find_pattern(metric)
    assert {cause for cause in Cause if pattern.search(line(cause))} == causes
    assert pattern.search(f"2026-11-26T22:00:00+00:00 ip-10-0-11-7 run-image[812]: {line(min(causes))}")
