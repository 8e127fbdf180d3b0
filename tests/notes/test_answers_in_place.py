"""What a script is answered after a click: the message and the parts of the page that show the note."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app.notes import service
from app.notes.drafts import Draft
from devtools.forms import submit


@pytest.fixture
def note(owner: int) -> service.Note:
    return service.create(owner, Draft("Bread", "fold *four* times", ("home",), "open"), "bread")


def click(client: FlaskClient, note: service.Note, command: str, *parts: str, **fields: str) -> BeautifulSoup:
    answer = submit(client, f"/notes/{note.id}/{command}", at="/notes", **fields, part=list(parts))
    assert answer.status_code == 200
    return BeautifulSoup(answer.data, "html.parser")


def test_a_row_is_the_one_that_the_list_has(alice: FlaskClient, note: service.Note) -> None:
    part = click(alice, note, "status?was=open", "row", status="done")
    page = BeautifulSoup(alice.get("/notes").data, "html.parser")
    assert part.select_one(".notes li") == page.select_one(".notes li")
    assert part.select_one(".message p").text == "“Bread” is done."  # type: ignore[union-attr]
    assert part.select_one("html, main, article") is None


def test_an_article_is_the_one_that_the_page_has(alice: FlaskClient, note: service.Note) -> None:
    part = click(alice, note, "pin?was=0", "note", pinned="1")
    page = BeautifulSoup(alice.get(f"/notes/{note.id}").data, "html.parser")
    assert part.select_one("article") == page.select_one("article")
    assert part.select_one(".notes") is None


def test_a_message_is_told_once(alice: FlaskClient, note: service.Note) -> None:
    click(alice, note, "place?was=notes", "row", place="trash")
    assert "went to the trash" not in alice.get("/notes").text


def test_an_undo_that_would_change_nothing_is_not_offered(alice: FlaskClient, note: service.Note) -> None:
    part = click(alice, note, "status?was=open", "row", status="open")
    assert part.select_one(".message button") is None
