"""What the notes app is measured against, each entered by gunicorn as `benchmarks.ceilings:NAME()`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, render_template, render_template_string
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app import create_app
from app.accounts.sessions import Account
from app.notes import navigation, rows
from app.notes.dates import Calendar
from app.notes.note_lists import ORDERS, PAGE, Cursor, Page
from app.notes.service import storing
from app.web import addresses
from benchmarks import data
from config import from_environment

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


def bare() -> WSGI:
    """Gunicorn and nothing else."""

    def answer(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
        return [b"ok\n"]

    return answer


def template() -> Flask:
    """Flask and the app's own list page with twenty constant rows: no database, no session, no CSRF, no log line."""
    ours = create_app(from_environment({"APP_ENV": "testing"}))
    app, account = Flask("app"), Account(data.BIG_OWNER, "person1@example.org")
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals |= {name: ours.jinja_env.globals[name] for name in ("assets", "icon", "site")}
    app.jinja_env.globals |= {"here": addresses.here, "csrf_token": lambda: "I" * 91, "get_flashed_messages": list}
    app.jinja_env.globals["navigation"] = partial(navigation.render, "", account)  # by its template, each time
    app.url_map.converters |= ours.url_map.converters
    for rule in ours.url_map.iter_rules():  # the template makes its links from the routes' names
        app.url_map.add(rule.empty())
    written = (
        SimpleNamespace(**storing.row(new, new.changed_at), checklist=0)
        for new in data.notes(data.PILES[100])
        if new.place == "notes"
    )
    shown = rows.row_views(list(islice(written, PAGE)), Calendar.of(0))  # type: ignore[arg-type]  # as good as rows
    page = Page([], older=Cursor("older", 1_735_689_600_000_000, 646_803_456_000_000))

    constant = {
        "nav_item": "Notes",
        "page": page,
        "rows": shown,
        "tags": sorted(data.TAGS),
        "selecting": "",
        "query": lambda **changed: "?" + urlencode(changed),
        "sort": "changed",
        "sorts": list(ORDERS),
        "month": "",
    }

    def index() -> str:
        g.account = account
        return render_template("notes/list.html", **constant)

    app.view_functions["notes.index"] = index
    return app


def original() -> Flask:
    """The application that this one grew out of, re-created: every entry through the ORM, all on one page.

    ENTRIES says how many there are, ORIGINAL_DATABASE where.
    """
    app = Flask("original")
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["ORIGINAL_DATABASE"]
    db = SQLAlchemy(app)

    class Entry(db.Model):  # type: ignore[name-defined,misc]
        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str] = mapped_column(Text)
        description: Mapped[str] = mapped_column(Text)
        status: Mapped[bool]

    with app.app_context():
        db.create_all()
        if not db.session.query(Entry.id).first():
            pile = data.PILES[int(os.environ["ENTRIES"])]
            written = ((new.draft.title, new.draft.body, new.draft.status == "done") for new in data.notes(pile))
            db.session.add_all(Entry(title=title, description=body, status=done) for title, body, done in written)
            db.session.commit()
        db.engine.dispose()

    @app.get("/")
    def index() -> str:
        return render_template_string(ORIGINAL, entries=Entry.query.all())

    return app


ORIGINAL = """<!doctype html>
<title>Entries</title>
<h1>Entries</h1>
<form method="post" action="/add"><input name="title"><input name="description"><button>Add</button></form>
<table>
{% for entry in entries %}
<tr>
<td>{{ entry.title }}</td>
<td>{{ entry.description }}</td>
<td>{{ "Done" if entry.status else "Open" }}</td>
<td>
<a href="/update/{{ entry.id }}">Edit</a> <a href="/turn/{{ entry.id }}">Turn</a>
<a href="/delete/{{ entry.id }}">Delete</a>
</td>
</tr>
{% endfor %}
</table>
"""
