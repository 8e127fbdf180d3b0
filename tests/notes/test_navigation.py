"""What stands beside every page is remembered, and still each person's own, and of the page it is on."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask import Flask, template_rendered
from flask.testing import FlaskClient

from app.notes import service
from app.notes.drafts import Draft
from devtools.people import email


def navigation(client: FlaskClient, path: str) -> BeautifulSoup:
    found = BeautifulSoup(client.get(path).data, "html.parser").select_one("nav.places")
    assert found
    return BeautifulSoup(str(found), "html.parser")


def current(client: FlaskClient, path: str) -> list[str]:
    return [link.get_text(strip=True) for link in navigation(client, path).select("[aria-current]")]


@pytest.fixture
def note(owner: int) -> int:
    return service.create(owner, Draft("Bread", tags=("home",)), service.new_key()).id


def test_it_names_the_place_where_the_person_is(alice: FlaskClient, note: int) -> None:
    for _ in range(2):
        assert current(alice, "/notes") == ["Notes"]
        assert current(alice, "/tasks") == ["Tasks"]
        assert current(alice, "/tags/home") == ["home"]
        assert current(alice, f"/notes/{note}") == []


def test_it_is_that_of_the_person(alice: FlaskClient, bob: FlaskClient) -> None:
    for client, name in ((alice, "alice"), (bob, "bob"), (alice, "alice")):
        assert email(name) in navigation(client, "/notes").get_text()


def test_it_lies_below_the_path_of_the_proxy(alice: FlaskClient) -> None:
    for root in ("", "/below"):
        answer = alice.get("/notes", environ_overrides={"SCRIPT_NAME": root})
        links = BeautifulSoup(answer.data, "html.parser").select("nav.places li a")
        assert [link["href"] for link in links][:2] == [f"{root}/notes", f"{root}/tasks"]


def test_a_new_tag_is_there_at_once(alice: FlaskClient, owner: int, note: int) -> None:
    assert "oven" not in navigation(alice, f"/notes/{note}").get_text()
    service.create(owner, Draft("Cake", tags=("oven",)), service.new_key())
    assert "oven" in navigation(alice, f"/notes/{note}").get_text()


def test_it_is_rendered_once(app: Flask, alice: FlaskClient, note: int) -> None:
    names: list[str | None] = []
    template_rendered.connect(record := lambda _app, template, **_: names.append(template.name), app)
    for _ in range(3):
        alice.get(f"/notes/{note}")
    template_rendered.disconnect(record, app)
    assert names.count("notes/navigation.html") == 1
