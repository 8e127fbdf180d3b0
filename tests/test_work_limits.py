"""One account cannot keep the server busy: the answer says when to go on, and nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from statements import heard

from app import rate_limits, site_mode, work_limits
from app.accounts.sessions import Account
from app.errors import Unavailable
from app.notes import service
from app.notes.drafts import Draft
from app.notes.transfer import exporting
from devtools import people
from devtools.forms import csrf_token, sign_in


@pytest.fixture
def spent_after_one(app: Flask, cast: dict[str, Account], monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Alice have spent all but one request of each kind of work."""
    monkeypatch.setattr(work_limits, "COUNTED", 1)
    for kind in ("preview", "save", "search", "history"):
        work_limits.spent.of(app).add(kind, cast["alice"].id, work_limits.LIMIT)


@pytest.fixture
def note(owner: int) -> service.Note:
    note = service.create(owner, Draft("Old"), service.new_key())
    return service.save(owner, note.id, 1, Draft("New"))


def fields(client: FlaskClient, path: str) -> dict[str, str]:
    page = BeautifulSoup(client.get(path).data, "html.parser")
    return {str(field["name"]): str(field["value"]) for field in page.select("#note [type=hidden]")}


@pytest.mark.usefixtures("spent_after_one")
def test_what_takes_too_much_is_refused_until_time_has_passed(
    alice: FlaskClient, note: service.Note, later: Callable[..., None]
) -> None:
    here = f"/notes/{note.id}"
    for path in ("/search?q=x", f"{here}/history", f"{here}/history/1"):
        alice.get(path)
        refused = alice.get(path)
        assert refused.status_code == 429
        assert 840 < int(refused.headers["Retry-After"]) <= 900
        assert "Please go on in 15 minutes." in refused.text
        assert alice.get("/notes").status_code == 200
    later(minutes=16)
    assert alice.get("/search?q=x").status_code == 200


@pytest.mark.usefixtures("spent_after_one")
def test_a_save_that_is_refused_gives_the_form_back(alice: FlaskClient, note: service.Note) -> None:
    for edit, save in (("/notes/new", "/notes"), (f"/notes/{note.id}/edit", f"/notes/{note.id}")):
        sent = fields(alice, edit) | {"title": "Mine", "body": "typed\nfor long", "tags": "home", "status": "none"}
        alice.post(save, data=sent)
        refused = alice.post(save, data=sent)
        assert refused.status_code == 429
        assert "Retry-After" in refused.headers
        page = BeautifulSoup(refused.data, "html.parser")
        assert "Not saved yet." in page.select_one("[role=alert]").get_text()  # type: ignore[union-attr]
        assert page.select_one("#body").get_text().strip() == "typed\nfor long"  # type: ignore[union-attr]
        assert page.select_one("#tags")["value"] == "home"  # type: ignore[index]


@pytest.mark.usefixtures("spent_after_one")
def test_a_note_can_be_saved_although_its_preview_is_refused(alice: FlaskClient, owner: int) -> None:
    sent = fields(alice, "/notes/new") | {"title": "t", "body": "b", "status": "none"}
    alice.post("/preview", data=sent)
    assert alice.post("/preview", data=sent).status_code == 429
    assert alice.post("/notes", data=sent).status_code == 303


def test_the_limit_holds_over_all_processes_and_for_one_account_only(
    make_app: Callable[..., Flask], cast: dict[str, Account]
) -> None:
    def ask(app: Flask, name: str, spent: int) -> int:
        work_limits.spent.of(app).add("search", cast[name].id, spent)
        return sign_in(app.test_client(), name).get("/search?q=x").status_code

    one, other = make_app(), make_app()
    assert ask(one, "alice", work_limits.LIMIT) == 200
    assert ask(other, "alice", work_limits.COUNTED) == 429
    assert ask(other, "bob", work_limits.COUNTED) == 200


def test_what_a_person_does_sends_no_statement_for_it(alice: FlaskClient, owner: int) -> None:
    with heard() as sent:
        for _ in range(20):
            assert alice.get("/search?q=x").status_code == 200
    assert not any("failed_attempt" in statement for statement, _ in sent)


def test_programs_are_limited_as_people_are(app: Flask, cast: dict[str, Account], owner: int) -> None:
    work_limits.spent.of(app).add("save", owner, work_limits.LIMIT + 1)
    token = people.create_token(app, owner)
    answer = app.test_client().post("/api/v1/notes", json={"title": "t"}, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert answer.headers["Retry-After"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", f"/notes/1/{act}") for act in ("status", "pin", "place", "items/0")),
        *(("POST", f"/api/v1/{path}") for path in ("tasks/1/status", "tags/home/rename")),
        ("DELETE", "/api/v1/notes/1"),
    ],
)
def test_no_way_to_change_a_note_leads_round_the_limit(
    app: Flask, alice: FlaskClient, owner: int, method: str, path: str
) -> None:
    work_limits.spent.of(app).add("save", owner, work_limits.LIMIT + 1)
    token = people.create_token(app, owner)
    headers = {"X-CSRFToken": csrf_token(alice, "/account"), "Authorization": f"Bearer {token}"}
    assert alice.open(path, method=method, headers=headers).status_code == 429


def test_what_is_sent_bit_by_bit_counts_as_well(
    app: Flask, alice: FlaskClient, cast: dict[str, Account], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name, value in ((work_limits, "COUNTED", 1), (work_limits, "LIMIT", 50), (exporting, "AT_ONCE", 1)):
        monkeypatch.setattr(module, name, value)
    owner = cast["alice"].id
    with app.app_context():
        for number in range(200):
            service.create(owner, Draft(str(number), f"{number} " * 10_000), service.new_key())
        token = people.create_token(app, owner)
    export = {"csrf_token": csrf_token(alice, "/account")}
    assert alice.post("/account/export", data=export, buffered=True).status_code == 200
    assert alice.post("/account/export", data=export).status_code == 429
    answer = app.test_client().get("/api/v1/export", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 429


@pytest.fixture(params=["read-only", "trouble"])
def without_writes(
    request: pytest.FixtureRequest, app: Flask, alice: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Alice has signed in."""
    if request.param == "trouble":
        monkeypatch.setattr(rate_limits, "count", fail)
    else:
        monkeypatch.setattr(site_mode, "SECONDS_TO_COMMIT", 0.0)  # nothing is being committed
        monkeypatch.setattr(site_mode, "SECONDS_LET_IN", 0.0)
        app.test_cli_runner().invoke(args=["maintenance", "read-only"])


@pytest.mark.usefixtures("without_writes")
def test_while_nothing_can_be_written_people_search_and_preview_on_and_each_process_keeps_the_limit(
    app: Flask, alice: FlaskClient, owner: int, later: Callable[..., None]
) -> None:
    sent = fields(alice, "/notes/new") | {"title": "t", "body": "b", "status": "none"}
    for kind in ("search", "preview"):
        work_limits.spent.of(app).add(kind, owner, work_limits.LIMIT - 1)
    with heard() as statements:
        for _ in range(2):  # the first ends with the last of what is allowed
            answers = alice.get("/search?q=x"), alice.post("/preview", data=sent)
    assert [answer.status_code for answer in answers] == [429, 429]
    assert 840 < int(answers[0].headers["Retry-After"]) <= 900
    assert not any("failed_attempt" in statement for statement, _ in statements)
    later(minutes=16)
    assert alice.get("/search?q=x").status_code == 200


def fail(*_: object, **__: object) -> None:
    raise Unavailable
