"""The pages that list notes: order, paging, marks in words, empty states, and what they cost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from statements import heard

from app.notes import service
from app.notes.drafts import Draft

TODAY = datetime.now(UTC).date()


def seen(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200, answer.status
    return BeautifulSoup(answer.data, "html.parser")


def titles(page: BeautifulSoup) -> list[str]:
    return [link.get_text() for link in page.select(".notes .title")]


def create(owner: int, title: str = "", body: str = "", **more: object) -> int:
    return service.create(owner, Draft(title, body, **more), service.new_key()).id  # type: ignore[arg-type]


def test_the_first_page_leads_to_the_notes(client: FlaskClient) -> None:
    assert client.get("/").location == "/notes"


def test_older_and_newer_lead_there_and_back(alice: FlaskClient, owner: int) -> None:
    for number in range(25):
        create(owner, f"Note {number}")
    first = seen(alice, "/notes")
    assert titles(first) == [f"Note {number}" for number in range(24, 4, -1)]
    assert first.select_one("[rel=prev]") is None
    second = seen(alice, "/notes" + str(first.select_one("[rel=next]")["href"]))  # type: ignore[index]
    assert titles(second) == [f"Note {number}" for number in range(4, -1, -1)]
    back = seen(alice, "/notes" + str(second.select_one("[rel=prev]")["href"]))  # type: ignore[index]
    assert titles(back) == titles(first)


def test_newer_leads_from_the_third_page_to_the_second(alice: FlaskClient, owner: int) -> None:
    for number in range(45):
        create(owner, f"Note {number}")
    page, way = seen(alice, "/notes"), []
    for link in ("[rel=next]", "[rel=next]", "[rel=prev]", "[rel=prev]"):
        page = seen(alice, "/notes" + str(page.select_one(link)["href"]))  # type: ignore[index]
        way.append(titles(page)[0])
    assert way == ["Note 24", "Note 4", "Note 24", "Note 44"]


def test_a_note_without_a_title_is_listed_by_its_first_line(alice: FlaskClient, owner: int) -> None:
    create(owner, body="# The swing\n\nand how the **ropes** smelled")
    page = seen(alice, "/notes")
    assert titles(page) == ["The swing"]
    assert page.select_one(".text").get_text() == "and how the ropes smelled"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("days", "status", "words"),
    [
        (0, "open", "Due today"),
        (1, "open", "Due tomorrow"),
        (-400, "open", "Overdue: "),
        (-400, "done", "Due "),
    ],
)
def test_a_due_date_is_told_in_words(alice: FlaskClient, owner: int, days: int, status: str, words: str) -> None:
    create(owner, "Tax", status=status, due_on=TODAY + timedelta(days=days))
    assert seen(alice, "/tasks").select_one(".due").get_text().startswith(words)  # type: ignore[union-attr]


def test_today_is_the_day_where_the_person_is(alice: FlaskClient, owner: int) -> None:
    create(owner, "Tax", status="open", due_on=(datetime.now(UTC) + timedelta(hours=14)).date())
    alice.set_cookie("utc_offset", str(14 * 60))
    assert "Due today" in seen(alice, "/tasks").get_text()


@pytest.mark.parametrize("offset", ["", "x", "9" * 30, "-99999"])
def test_an_offset_that_cannot_be_is_ignored(alice: FlaskClient, owner: int, offset: str) -> None:
    create(owner, "Tax", status="open", due_on=TODAY)
    alice.set_cookie("utc_offset", offset)
    assert "Due today" in seen(alice, "/tasks").get_text()


def test_tasks_stand_under_open_and_done(alice: FlaskClient, owner: int) -> None:
    create(owner, "Finished", status="done")
    create(owner, "Plain")
    create(owner, "To do", status="open")
    page = seen(alice, "/tasks")
    assert [heading.get_text() for heading in page.select("main h2")] == ["Open", "Done"]
    assert titles(page) == ["To do", "Finished"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/notes", "A blank page."),
        ("/tasks", "Nothing to do."),
        ("/archive", "The archive is empty."),
        ("/trash", "The trash is empty."),
        ("/tags/home", "No note has the tag home"),
        ("/search?q=zebra", "No note fits zebra"),
        ("/search?q=%3F%21", "There is no word in"),
        ("/search", "What are you looking for?"),
    ],
)
def test_an_empty_page_says_what_belongs_there(alice: FlaskClient, path: str, words: str) -> None:
    assert words in seen(alice, path).select_one(".empty").get_text(" ", strip=True)  # type: ignore[union-attr]


def test_search_marks_hits_in_titles_and_texts_and_nothing_else(alice: FlaskClient, owner: int) -> None:
    create(owner, "Bread & <salt>", "## Dough\n\nFold the **dough** & wait <b>long</b>")
    page = seen(alice, "/search?q=dough+salt")
    assert [mark.get_text() for mark in page.select("main mark")] == ["salt", "Dough", "dough"]
    assert page.select_one(".notes .text").get_text(" ", strip=True) == "Dough Fold the dough & wait <b>long</b>"  # type: ignore[union-attr]


def test_a_search_with_more_hits_than_are_ranked_says_so(alice: FlaskClient, owner: int) -> None:
    for number in range(201):
        create(owner, f"Bread {number}")
    assert "only 200 of them" in seen(alice, "/search?q=bread").get_text()
    assert "only 200 of them" not in seen(alice, "/search?q=7").get_text()


def test_the_tags_stand_beside_the_list(alice: FlaskClient, owner: int) -> None:
    create(owner, "Bread", tags=("kitchen", "büro"))
    page = seen(alice, "/tags/kitchen")
    assert [link.get_text() for link in page.select(".tags a")] == ["büro", "kitchen"]
    assert page.select_one(".tags [aria-current]").get_text() == "kitchen"  # type: ignore[union-attr]
    assert titles(seen(alice, "/tags/büro")) == ["Bread"]


@pytest.mark.parametrize(
    "path", ["/notes", "/tasks", "/archive", "/trash", "/tags/home", "/search?q=bread", "/notes/new"]
)
def test_a_page_costs_two_statements_besides_the_session(alice: FlaskClient, owner: int, path: str) -> None:
    create(owner, "Bread", tags=("home",))
    with heard() as sent:
        alice.get(path)
    assert len(sent) <= 3, sent


@pytest.mark.parametrize("path", ["", "/edit", "/history", "/history/1"])
def test_a_page_of_a_note_costs_two_statements_besides_the_session(alice: FlaskClient, owner: int, path: str) -> None:
    note = create(owner, "Bread", tags=("home",))
    service.save(owner, note, 1, Draft("Cake"))
    with heard() as sent:
        assert alice.get(f"/notes/{note}{path}").status_code == 200
    assert len(sent) <= 3, sent


def test_a_list_of_twenty_is_small(alice: FlaskClient, owner: int) -> None:
    for number in range(20):
        create(
            owner, f"Note {number} with a title", "Some words of text. " * 12, tags=("home", "garden"), status="open"
        )
    assert len(alice.get("/notes").data) < 32 * 1024
