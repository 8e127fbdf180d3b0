"""Tags keep their spelling for showing and are compared without it, on every page and in the API."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import update

from app import db
from app.notes import note_lists, search, service, tag_list, tag_names
from app.notes.drafts import Draft, tidy_tag
from app.notes.models import note_tag

TAGS = ["Straße", "φίλος", "İstanbul", "C#", "R&D", "a/b", "сім'я"]


def create(owner: int, *tags: str) -> service.Note:
    return service.create(owner, Draft("t", tags=tags), service.new_key())


def links(client: FlaskClient, path: str, where: str) -> dict[str, str]:
    page = BeautifulSoup(client.get(path).data, "html.parser")
    return {link.get_text(): str(link["href"]) for link in page.select(where)}


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_is_shown_as_it_is_spelled_and_leads_to_its_notes(alice: FlaskClient, owner: int, tag: str) -> None:
    note = create(owner, tag)
    for path, where in (
        ("/notes", ".notes .tag"),
        ("/notes", ".places .tags a"),
        (f"/notes/{note.id}", "article .tag"),
    ):
        address = links(alice, path, where)[tag]
        assert unquote(address) == f"/tags/{tag}"
        page = BeautifulSoup(alice.get(address).data, "html.parser")
        assert [link.get_text() for link in page.select(".notes .title")] == ["t"]
        assert page.select_one(".tags [aria-current]").get_text() == tag  # type: ignore[union-attr]


@pytest.mark.parametrize(("tag", "other"), [("Straße", "STRASSE"), ("φίλος", "ΦΙΛΟΣ".replace("Ι", "Ί")), ("C#", "c#")])
def test_a_note_is_found_by_its_tag_in_any_spelling(alice: FlaskClient, owner: int, tag: str, other: str) -> None:
    create(owner, tag)
    assert len(note_lists.tagged(owner, tidy_tag(other), None).rows) == 1
    assert len(search.search(owner, f"tag:{other}").rows) == 1


def test_of_several_spellings_the_newest_is_in_the_list_of_tags(owner: int) -> None:
    create(owner, "STRASSE", "b")
    create(owner, "Straße")
    assert tag_names.tags(owner) == ["b", "Straße"]


def test_a_tag_of_an_older_release_is_shown_as_that_stored_it(owner: int) -> None:
    create(owner, "strasse")
    with db.transaction() as connection:
        connection.execute(update(note_tag).values(name=None))
    assert tag_names.tags(owner) == ["strasse"]


def test_a_tag_can_be_renamed_to_another_spelling(owner: int) -> None:
    note = create(owner, "strasse")
    create(owner, "Straße")
    assert service.rename_tag(owner, "STRASSE", "Straße") == (1, True)
    assert service.get(owner, note.id).draft.tags == ("Straße",)
    assert service.rename_tag(owner, "strasse", "Straße") == (0, True)


def test_two_words_are_refused_as_one_tag_with_a_message(alice: FlaskClient, owner: int) -> None:
    page = BeautifulSoup(alice.get("/notes/new").data, "html.parser")
    hidden = {str(field["name"]): str(field["value"]) for field in page.select("#note [type=hidden]")}
    answer = alice.post("/notes", data={**hidden, "title": "t", "status": "none", "tags": "machine learning, ai"})
    assert answer.status_code == 422
    assert "The tag “machine learning” holds a space; write “machine-learning”" in answer.text
    assert 'value="machine learning, ai"' in answer.text


@pytest.mark.slow
def test_hundreds_of_tags_can_all_be_reached(alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"Tag-{number:03}" for number in range(505)]
    for begin in range(0, len(names), 20):
        create(owner, *names[begin : begin + 20])
    assert list(links(alice, "/notes", ".places a[href='/tags']")) == ["All tags"]
    monkeypatch.setattr(tag_list, "FILTERED", 150)
    path: str | None = "/tags"
    reached: list[str] = []
    while path:
        reached += links(alice, path, "main .all-tags a")
        path = next(iter(links(alice, path, "main [rel=next]").values()), None)
    assert reached == names
