"""The page of all tags: how many notes have each, a filter, renaming and merging, and what the editor suggests."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from statements import heard
from werkzeug.test import TestResponse

from app.notes import service, tag_list
from app.notes.drafts import Draft
from devtools.forms import submit


def create(owner: int, *tags: str, place: str = "notes") -> service.Note:
    note = service.create(owner, Draft("t", tags=tags), service.new_key())
    return service.move(owner, note.id, place)


@pytest.fixture
def garden(owner: int) -> service.Note:
    create(owner, "Home", "kitchen")
    create(owner, "home", place="archive")
    return create(owner, "Home", "Garden/beds")


def numbers(page: tag_list.TagPage) -> list[tuple[str, int]]:
    return [(one.name, one.number) for one in page.tags]


def rename(client: FlaskClient, old: str, new: str, **more: str) -> TestResponse:
    return submit(client, "/tags", tag=old, name=new, **more)


def test_each_tag_stands_with_the_number_of_its_notes(owner: int, stranger: int, garden: service.Note) -> None:
    create(stranger, "Home", "strange")
    assert numbers(tag_list.page(owner)) == [("Garden/beds", 1), ("Home", 2), ("kitchen", 1)]


def test_a_filter_finds_parts_in_any_spelling(owner: int, garden: service.Note) -> None:
    assert numbers(tag_list.page(owner, "BED")) == [("Garden/beds", 1)]
    assert tag_list.page(owner, "zebra").tags == []


def test_pages_lead_through_all_tags(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"tag-{number:02}" for number in range(20)]
    create(owner, *names)
    monkeypatch.setattr(tag_list, "TAGS_ON_A_PAGE", 6)
    for looked_at in (100, 6, 7, 20):
        monkeypatch.setattr(tag_list, "FILTERED", looked_at)
        reached: list[str] = []
        after: str | None = ""
        while after is not None:
            page = tag_list.page(owner, after=after)
            reached += [one.name for one in page.tags]
            after = page.more
        assert reached == names, looked_at


def test_no_more_notes_are_counted_than_the_page_says(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tag_list, "COUNTED", 2)
    for _ in range(3):
        create(owner, "home")
    assert numbers(tag_list.page(owner)) == [("home", 2)]


def test_the_page_takes_two_statements(alice: FlaskClient, garden: service.Note) -> None:
    with heard() as sent:
        assert alice.get("/tags").status_code == 200
    assert len(sent) == 3  # with that of the session


def test_the_column_shows_the_first_fifteen(alice: FlaskClient, owner: int) -> None:
    create(owner, *(f"tag-{number:02}" for number in range(20)))
    for path in ("/notes", "/tags", "/account"):
        column = BeautifulSoup(alice.get(path).data, "html.parser").select(".places .tags a")
        assert [link.text for link in column] == [f"tag-{number:02}" for number in range(15)], path


def test_a_tag_that_the_column_does_not_show_keeps_its_spelling_in_the_heading(alice: FlaskClient, owner: int) -> None:
    create(
        owner,
        *(f"tag-{number:02}" for number in range(20)),
    )
    create(owner, "Zebra")
    assert "<bdi>Zebra</bdi></h1>" in alice.get("/tags/zebra").text


def test_a_tag_is_renamed_also_in_the_archive(alice: FlaskClient, owner: int, garden: service.Note) -> None:
    assert rename(alice, "home", "House").location == "/tags"
    assert numbers(tag_list.page(owner)) == [("Garden/beds", 1), ("House", 2), ("kitchen", 1)]
    assert not tag_list.is_used(owner, "home")


def test_two_tags_become_one_after_a_question(alice: FlaskClient, owner: int, garden: service.Note) -> None:
    answer = rename(alice, "kitchen", "home")
    assert answer.status_code == 409
    assert "Merge two tags?" in answer.text
    assert tag_list.is_used(owner, "kitchen")
    assert rename(alice, "kitchen", "Home", merge="1").status_code == 303
    assert numbers(tag_list.page(owner)) == [("Garden/beds", 1), ("Home", 2)]


def test_another_spelling_is_no_merge(alice: FlaskClient, owner: int, garden: service.Note) -> None:
    assert rename(alice, "Home", "HOME").status_code == 303
    assert ("HOME", 2) in numbers(tag_list.page(owner))


@pytest.mark.parametrize("name", ["", "two words", "x" * 41])
def test_a_name_that_no_tag_can_have_is_refused_and_stays_in_the_field(
    alice: FlaskClient, garden: service.Note, name: str
) -> None:
    answer = rename(alice, "Home", name)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.data, "html.parser")
    assert page.select_one("details[open] [name=name]")["value"] == name  # type: ignore[index]
    assert page.select_one("[role=alert]")


def test_many_notes_are_renamed_in_several_goes(
    alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        create(owner, "old")
    monkeypatch.setattr("app.notes.service.rename_tag", lambda owner, old, new: rename_tag(owner, old, new, at_most=2))
    assert "2 notes have" in rename(alice, "old", "new").text
    assert rename(alice, "old", "new", merge="1").status_code == 303
    assert numbers(tag_list.page(owner)) == [("new", 3)]


rename_tag = service.rename_tag


def test_a_tag_that_is_gone_says_so(alice: FlaskClient, garden: service.Note) -> None:
    assert rename(alice, "gone", "else").status_code == 303
    assert "No note has this tag" in alice.get("/tags").text


@pytest.mark.parametrize(
    ("typed", "suggested"), [("h", ["Home"]), ("#HO", ["Home"]), ("garden/", ["Garden/beds"]), ("home", []), ("", [])]
)
def test_tags_are_suggested_by_their_beginning(
    alice: FlaskClient, garden: service.Note, typed: str, suggested: list[str]
) -> None:
    assert alice.get("/tag-suggestions", query_string={"q": typed}).get_json() == suggested


def test_nobody_is_suggested_a_strangers_tags(owner: int, stranger: int, garden: service.Note) -> None:
    assert tag_list.suggest(stranger, "h") == []
