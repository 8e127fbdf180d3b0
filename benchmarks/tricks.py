"""What does each trick that goes round a library win? Prints, for lists, the page's cost with each one switched off.

A trick is worth keeping when switching it off costs at least a tenth of a page (docs/adr/0010-tricks.md). Pages
are asked of the application in this process, with and without the trick in turn. Times are medians of processor time:
neither the database server's nor gunicorn's share is in them.
"""

from __future__ import annotations

import logging
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from flask import Flask, g, request
from flask.testing import FlaskClient
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from app import create_app
from app.accounts import tokens
from app.accounts.sessions import start
from app.db import prepared
from app.db.request_connection import RequestConnection
from app.notes import list_rows, navigation, note_lists, tag_names
from app.web import cookies
from benchmarks import data, load, notes
from config import from_environment

SIZE, ROUNDS, PAGES = 10_000, 15, 40
OWNER = data.BIG_OWNER
Switch = Callable[[], Any]


def _through_sqlalchemy(current: RequestConnection, sql: str, parameters: dict[str, Any]) -> prepared.Rows:
    return current.connection().exec_driver_sql(sql, parameters).all()


@contextmanager
def _columns_one_by_one() -> Iterator[None]:
    with patch.object(note_lists, "MYSQL_ROW", f"{list_rows.ROW}, %s"):
        again = note_lists.List(
            "note", index="uq_note_list", where="note.place = :place", order="list_order", key="id", descending=True
        )
    # Others hold the list itself, so its queries are what can be exchanged.
    with patch.object(note_lists.NOTES, "queries", again.queries):
        yield


@contextmanager
def _verified_each_time() -> Iterator[None]:
    with (
        patch.object(cookies, "csrf_token", generate_csrf),
        patch.object(cookies.RememberingSessions, "__init__", lambda self: setattr(self, "_remembered", self._verify)),
    ):
        yield


@contextmanager
def rows_escaped_as_they_are_written() -> Iterator[None]:
    """Let apps that render their first list now escape each value in it, as in all other templates."""
    get_source = FileSystemLoader.get_source

    def with_escaping(loader: FileSystemLoader, environment: Environment, name: str) -> Any:
        source, *more = get_source(loader, environment, name)
        return source.replace("{% autoescape false %}", "{% autoescape true %}"), *more

    with patch.object(FileSystemLoader, "get_source", with_escaping):
        yield


def _rendered_each_time(nav_item: str, tag: str, tags: Sequence[str]) -> Markup:
    return navigation.render(request.script_root, g.account, nav_item, tag, tags)


TRICKS: dict[str, Switch] = {
    "lists by the driver's cursor": lambda: patch.object(prepared, "execute_on_driver", _through_sqlalchemy),
    "verified cookies remembered": _verified_each_time,
    "a row of MySQL as one text": _columns_one_by_one,
    "rows escaped before": rows_escaped_as_they_are_written,
    "navigation remembered": lambda: patch.object(navigation, "navigation", _rendered_each_time),
    "tags beside a list remembered": lambda: patch.object(
        tag_names, "column", lambda owner, _changes=None: tag_names.tags(owner)
    ),
}


def prepare(url: str) -> tuple[Flask, dict[str, str]]:
    """Return an application on the database, and the headers with which it is asked for a list."""
    app = create_app(from_environment({"APP_ENV": "testing", "SECRET_KEY": load.KEY, "DATABASE_URL": url}))
    app.logger.setLevel(logging.WARNING)
    with app.app_context():
        session, token = start(OWNER, "benchmark"), tokens.create(OWNER, "benchmark", "read")
    browser = app.test_client()
    with browser.session_transaction() as content:
        content["token"] = session
    browser.get("/notes")
    cookie = browser.get_cookie("session")
    assert cookie
    return app, {"Cookie": f"session={cookie.value}", "Authorization": f"Bearer {token}"}


def microseconds(client: FlaskClient, path: str, headers: dict[str, str]) -> float:
    began = time.process_time()
    for _ in range(PAGES):
        assert client.get(path, headers=headers).status_code == 200
    return (time.process_time() - began) / PAGES * 1e6


def measure(url: str, path: str) -> Iterator[tuple[str, float, float]]:
    """Yield for each trick what a page costs with it and without it."""
    for name, switched_off in TRICKS.items():
        on: list[float] = []
        off: list[float] = []
        app, headers = prepare(url)
        with switched_off():
            without, its_headers = prepare(url)
        for _ in range(ROUNDS):
            on.append(microseconds(app.test_client(use_cookies=False), path, headers))
            with switched_off():
                off.append(microseconds(without.test_client(use_cookies=False), path, its_headers))
        yield name, statistics.median(on), statistics.median(off)


def main() -> None:
    print("| database | page | trick | with, µs | without, µs | it wins |")
    print("|---|---|---|---:|---:|---:|")
    with notes.copies([SIZE]) as databases:
        for database in databases:
            for path in ("/notes", "/api/v1/notes"):
                for name, on, off in measure(database.url, path):
                    won = f"{on:,.0f} | {off:,.0f} | {off / on - 1:.0%}"
                    print(f"| {database.kind} | {path} | {name} | {won} |", flush=True)


if __name__ == "__main__":
    main()
