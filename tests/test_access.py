"""Walks every route as everybody: who may enter, whose things they reach, and what a GET leaves behind.

Each check returns the routes at fault, and each is shown a planted fault, to know that it would find one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from sqlalchemy import inspect, text, update
from werkzeug.test import TestResponse

from app import db
from app.accounts.models import account
from app.accounts.sessions import Account
from app.db.metadata import sqlalchemy
from app.errors import Forbidden, NotFound
from app.notes import service
from app.notes.drafts import Draft
from app.web import access
from app.web.access import Access
from devtools import forms, people
from devtools.people import PASSWORD, Cast

# Arguments of addresses: those that name a person's own things, and an example for each of the others.
PERSONAL = {"note_id"}
EXAMPLES: dict[str, Any] = {
    "version": 1,
    "tag": "home",
    "place": "archive",
    "token_id": 1,
    "factor_id": 1,
    "session_id": "00" * 32,
    "file_id": 1,
    "username": "alice",
}
EXAMPLES |= {"name": "notes.css", "line": 0}
WITHOUT_AN_EXAMPLE = {
    "accounts.revoke_token",
    "accounts.remove_factor",
    "accounts.rename_factor",
    "accounts.set_up_app",
    "accounts.end_session",
    "files.send",
    "files.confirm_deletion",
    "files.delete",
}  # there is no token and no file with the number of a note; see accounts/test_tokens.py, files/test_pages.py
FOR_PROGRAMS = {Access.READER, Access.WRITER}  # see api/test_access.py

# Something that every form would accept: a check of access must not be spared because a field is missing.
FORM = {
    "proof": PASSWORD,
    "title": "Title",
    "body": "Text",
    "tags": "home",
    "status": "open",
    "due_on": "",
    "version": "1",
    "base_version": "1",
    "pinned": "1",
    "place": "archive",
    "key": "a-key-for-every-form",
    "checked": "1",
    "name": "A program",
    "scope": "read",
}
MISSING = 4_000_000_000_000_000
TOO_LARGE = 2**63  # for the database's numbers


@dataclass(frozen=True)
class Route:
    endpoint: str
    method: str
    arguments: frozenset[str]

    @property
    def name(self) -> str:
        return f"{self.method} {self.endpoint}"

    @property
    def is_unsafe(self) -> bool:
        return self.method != "GET"

    @property
    def is_personal(self) -> bool:
        return bool(self.arguments & PERSONAL)


def routes(app: Flask) -> Iterator[Route]:
    """Return every route of ours for browsers with each method that is more than a formality."""
    for rule in app.url_map.iter_rules():
        if access.find_access(app, rule.endpoint) in FOR_PROGRAMS:
            continue
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, method, frozenset(rule.arguments))


def signed_in_routes(app: Flask) -> list[Route]:
    return [route for route in routes(app) if access.find_access(app, route.endpoint) is Access.SIGNED_IN]


class Visitor:
    """Somebody with a browser who opens routes, about a given note where the address names one."""

    def __init__(self, app: Flask, browser: FlaskClient) -> None:
        self.app, self.browser = app, browser
        self.token = forms.csrf_token(browser, "/account" if self.is_known() else "/sign-in")

    def is_known(self) -> bool:
        with self.browser.session_transaction() as held:
            return "token" in held

    def open(self, route: Route, note_id: int = MISSING, *, with_token: bool = True) -> TestResponse:
        path = self.address(route, note_id)
        form = FORM | ({"csrf_token": self.token} if with_token else {})
        return self.browser.open(path, method=route.method, data=form if route.is_unsafe else None, buffered=True)

    def address(self, route: Route, note_id: int) -> str:
        values: dict[str, Any] = {name: note_id if name in PERSONAL else EXAMPLES[name] for name in route.arguments}
        with self.app.test_request_context():
            return url_for(route.endpoint, **values)


def new_note(app: Flask, owner: Account) -> int:
    """Return the id of a note with something in its history."""
    with app.app_context():
        draft = Draft("Alice's secret", "- [ ] for her eyes", ("home",), "open")
        note = service.create(owner.id, draft, service.new_key())
        return service.save(owner.id, note.id, note.version, replace(draft, body="- [ ] for her eyes\nonly")).id


def contents(app: Flask) -> dict[str, list[str]]:
    """Return everything that the database holds."""
    with app.app_context():
        tables = inspect(sqlalchemy.engine).get_table_names()
        return {name: sorted(map(repr, db.read(text(f"SELECT * FROM {name}")))) for name in tables}


def seen(response: TestResponse, note_id: int) -> tuple[int, str]:
    """Return what somebody sees, without what differs between any two requests."""
    body = re.sub(r"[\w-]{20,}(\.[\w-]+)*", "random", response.text)  # tokens and keys
    return response.status_code, body.replace(str(note_id), "ID")


@pytest.fixture
def as_nobody(app: Flask) -> Visitor:
    return Visitor(app, app.test_client())


@pytest.fixture
def as_owner(app: Flask, alice: FlaskClient) -> Visitor:
    return Visitor(app, alice)


@pytest.fixture
def as_other(app: Flask, bob: FlaskClient) -> Visitor:
    return Visitor(app, bob)


# --- The checks --------------------------------------------------------------------------------------------------


def undeclared(app: Flask) -> list[str]:
    return [route.name for route in routes(app) if access.find_access(app, route.endpoint) is None]


def entered_without_a_session(app: Flask, visitor: Visitor) -> list[str]:
    def refused(route: Route) -> bool:
        response = visitor.open(route)
        return response.status_code in {303, 401} and "/sign-in" in response.headers.get("Location", "/sign-in")

    return [route.name for route in signed_in_routes(app) if not refused(route)]


def reaching_foreign_notes(app: Flask, visitor: Visitor, foreign: int) -> list[str]:
    """Return the routes that tell somebody else's note from a missing one, or change anything about it."""

    def alike(route: Route) -> bool:
        before = contents(app)
        answers = [seen(visitor.open(route, note_id), note_id) for note_id in (foreign, MISSING)]
        of_router = visitor.open(route, TOO_LARGE).status_code
        return (
            answers[0] == answers[1]
            and answers[0][0] == 404
            and of_router in {404, 405}  # werkzeug names the other methods of the address first
            and contents(app) == before
        )

    return [route.name for route in routes(app) if route.is_personal and not alike(route)]


def changing_by_get(app: Flask, *visitors: Visitor, note_id: int) -> list[str]:
    def changes(route: Route) -> bool:
        before = contents(app)
        for visitor in visitors:
            visitor.open(route, note_id)
        return contents(app) != before

    return [route.name for route in routes(app) if not route.is_unsafe and changes(route)]


def accepting_forms_of_other_sites(app: Flask, visitor: Visitor, note_id: int) -> list[str]:
    def accepts(route: Route) -> bool:
        before = contents(app)
        # Forms need a token; what takes JSON only needs none, because no page of another site can send that.
        status = visitor.open(route, note_id, with_token=False).status_code
        return status not in {400, 415} or contents(app) != before

    return [route.name for route in routes(app) if route.is_unsafe and accepts(route)]


def closed_to_the_owner(app: Flask, visitor: Visitor, owner: Account) -> list[str]:
    def closed(route: Route) -> bool:
        response = visitor.open(route, new_note(app, owner))
        led_away = response.headers.get("Location", "").startswith("/sign-in")
        return led_away or response.status_code in {400, 401, 403, 404, 405} or response.status_code >= 500

    tried = [route for route in signed_in_routes(app) if route.endpoint not in WITHOUT_AN_EXAMPLE]
    return [route.name for route in tried if closed(route)]


# --- The routes of the application -------------------------------------------------------------------------------

# A provider that does not answer: its pages are there, and lead back with a sentence.
PROVIDER = {"OIDC_ISSUER": "http://127.0.0.1:9", "OIDC_CLIENT_ID": "notes", "OIDC_CLIENT_SECRET": "a secret"}


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(PUBLIC_URL="http://localhost", **PROVIDER)


def test_every_route_declares_who_may_enter(app: Flask) -> None:
    assert undeclared(app) == []


def test_there_is_an_example_for_every_argument_of_a_route(app: Flask) -> None:
    assert {name for route in routes(app) for name in route.arguments} <= PERSONAL | set(EXAMPLES)


def test_nobody_enters_without_a_session(app: Flask, as_nobody: Visitor) -> None:
    assert entered_without_a_session(app, as_nobody) == []


def test_somebody_elses_note_looks_like_a_missing_one(app: Flask, as_other: Visitor, cast: Cast) -> None:
    assert reaching_foreign_notes(app, as_other, new_note(app, cast["alice"])) == []


@pytest.mark.slow
def test_reading_changes_nothing(
    app: Flask, as_nobody: Visitor, as_owner: Visitor, as_other: Visitor, cast: Cast
) -> None:
    assert changing_by_get(app, as_nobody, as_owner, as_other, note_id=new_note(app, cast["alice"])) == []


def test_a_form_without_its_token_is_refused(app: Flask, as_owner: Visitor, cast: Cast) -> None:
    assert accepting_forms_of_other_sites(app, as_owner, new_note(app, cast["alice"])) == []


def test_the_owner_can_use_every_operation(app: Flask, as_owner: Visitor, cast: Cast) -> None:
    assert closed_to_the_owner(app, as_owner, cast["alice"]) == []


# --- The checks find planted faults ------------------------------------------------------------------------------


def shows_anybodys_note(note_id: int) -> str:
    title = db.read(text("SELECT title FROM note WHERE id = :id"), id=note_id).scalar_one_or_none()
    if title is None:
        raise NotFound
    return str(title)


def changes_anybodys_note(note_id: int) -> str:
    db.connection().execute(text("UPDATE note SET version = version + 1 WHERE id = :id"), {"id": note_id})
    raise NotFound


def writes() -> str:
    db.connection().execute(update(account).values(created_at=account.c.created_at + 1))
    return "written"


def keeps_everybody_out() -> str:
    raise Forbidden


@pytest.fixture
def planted(make_app: Callable[..., Flask]) -> Flask:
    """An application with every fault that the checks look for."""
    app = make_app()
    app.add_url_rule("/undeclared", "undeclared", lambda: "entered")
    app.add_url_rule("/shown/<int:note_id>", "shown", access.signed_in(shows_anybodys_note))
    app.add_url_rule("/changed/<int:note_id>", "changed", access.signed_in(changes_anybodys_note), methods=["POST"])
    app.add_url_rule("/writes", "writes", access.public(writes))
    app.add_url_rule("/closed", "closed", access.signed_in(keeps_everybody_out))
    return app


def visitor(app: Flask, name: str) -> Visitor:
    return Visitor(app, forms.sign_in(app.test_client(), name))


def test_an_undeclared_route_is_found_and_refused_to_everybody(planted: Flask) -> None:
    assert undeclared(planted) == ["GET undeclared"]
    people.create_accounts(planted)
    alice = forms.sign_in(planted.test_client(), "alice")
    assert alice.get("/undeclared").status_code == 403


def test_a_route_that_lets_strangers_in_is_found(planted: Flask) -> None:
    people.create_accounts(planted)
    stranger = Visitor(planted, planted.test_client())
    access._load_account.set(planted, lambda: Account(1, "somebody@example.org"))
    assert "GET shown" in entered_without_a_session(planted, stranger)


def test_a_route_that_reaches_foreign_notes_is_found(planted: Flask) -> None:
    cast = people.create_accounts(planted)
    found = reaching_foreign_notes(planted, visitor(planted, "bob"), new_note(planted, cast["alice"]))
    assert sorted(found) == ["GET shown", "POST changed"]


def test_a_get_that_writes_is_found(planted: Flask) -> None:
    cast = people.create_accounts(planted)
    found = changing_by_get(planted, visitor(planted, "alice"), note_id=new_note(planted, cast["alice"]))
    assert found == ["GET writes"]


def test_a_form_that_needs_no_token_is_found(planted: Flask) -> None:
    cast = people.create_accounts(planted)
    alice = visitor(planted, "alice")
    planted.config["WTF_CSRF_CHECK_DEFAULT"] = False
    assert "POST changed" in accepting_forms_of_other_sites(planted, alice, new_note(planted, cast["alice"]))


def test_a_route_that_keeps_its_owner_out_is_found(planted: Flask) -> None:
    cast = people.create_accounts(planted)
    alice = visitor(planted, "alice")
    assert "GET closed" in closed_to_the_owner(planted, alice, cast["alice"])
