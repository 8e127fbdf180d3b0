"""A list in another order, from a month on, without what is done; and the same done with several of its notes."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import update

from app import db
from app.errors import Invalid, NotFound
from app.notes import service
from app.notes.dates import Calendar
from app.notes.drafts import Draft
from app.notes.models import note
from app.notes.note_lists import Cursor
from devtools.forms import submit


def create(owner: int, title: str, **more: object) -> int:
    return service.create(owner, Draft(title, "x", **more), service.new_key()).id  # type: ignore[arg-type]


def page(client: FlaskClient, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.data, "html.parser")


def titles(client: FlaskClient, path: str) -> list[str]:
    return [link.get_text() for link in page(client, path).select(".notes .title")]


def microseconds(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[arg-type,misc]


# --- Orders ------------------------------------------------------------------------------------------------------


def test_titles_stand_in_their_order_without_regard_to_capitals(alice: FlaskClient, owner: int) -> None:
    for title in ("pear", "Apple", "apple pie", "Zebra", "banana"):
        create(owner, title)
    assert titles(alice, "/notes?sort=title") == ["Apple", "apple pie", "banana", "pear", "Zebra"]
    assert titles(alice, "/archive?sort=title") == []


@pytest.mark.parametrize("sort", ["title", "created", "changed"])
def test_pages_lead_there_and_back_in_every_order(alice: FlaskClient, owner: int, sort: str) -> None:
    for number in range(45):
        create(owner, f"{number % 9}. & “same” title. x")
    reached: list[list[str]] = []
    path = f"/notes?sort={sort}"
    while True:
        read = page(alice, path)
        reached.append([str(link["href"]) for link in read.select(".notes .title")])
        if not (more := read.select_one("[rel=next]")):
            break
        path = f"/notes{more['href']}"
    assert len({address for addresses in reached for address in addresses}) == 45
    back = page(alice, f"/notes{page(alice, path).select_one('[rel=prev]')['href']}")  # type: ignore[index]
    assert [link["href"] for link in back.select(".notes .title")] == reached[1]


def test_an_order_that_there_is_not_is_nothing_here(alice: FlaskClient) -> None:
    assert alice.get("/notes?sort=size").status_code == 404


@pytest.mark.parametrize("typed", ["older.7", "sideways.a.7", "older.a.b", "older.a.99999999999999999999"])
def test_a_cursor_in_titles_that_no_page_wrote_is_refused(typed: str) -> None:
    with pytest.raises(NotFound):
        Cursor.parse(typed, by_title=True)


def test_a_cursor_holds_any_title() -> None:
    for title in ("", "a.b", "older.1.2", "?&=#"):
        cursor = Cursor("older", title, 7)
        assert Cursor.parse(str(cursor), by_title=True) == cursor


def test_what_is_due_comes_first_then_what_has_no_date_then_what_is_done(alice: FlaskClient, owner: int) -> None:
    create(owner, "Done", status="done", due_on=date(2020, 1, 1))
    create(owner, "Older")
    create(owner, "Late", due_on=date(2031, 5, 1))
    create(owner, "Some day", status="open")
    create(owner, "Soon", due_on=date(2031, 1, 1))
    create(owner, "Newer")
    expected = ["Soon", "Late", "Some day", "Newer", "Older", "Done"]
    assert titles(alice, "/notes?sort=due") == expected
    assert titles(alice, "/notes?sort=due&done=hide") == expected[:-1]
    assert titles(alice, "/archive?sort=due") == []


@pytest.mark.parametrize("hide", ["", "&done=hide"])
@pytest.mark.parametrize("counts", [(45, 0, 0), (0, 45, 0), (15, 15, 15), (20, 5, 20), (1, 21, 1), (30, 0, 15)])
def test_pages_by_due_date_lead_through_all_lists_and_back(
    alice: FlaskClient, owner: int, counts: tuple[int, int, int], hide: str
) -> None:
    for status, count in zip(("open", "none", "done"), counts, strict=True):
        for number in range(count):
            due = date(2031, 1, 1 + number % 9) if status == "open" and number % 3 else None
            create(owner, f"{status} {number}", status=status, due_on=due)
    number = sum(counts[:2]) if hide else sum(counts)
    pages = walk(alice, f"/notes?sort=due{hide}")
    assert [len(one) for one in pages] == [20] * (number // 20) + [number % 20] * bool(number % 20)
    ranks = [("open", "none", "done").index(title.split()[0]) for one in pages for title in one]
    assert ranks == sorted(ranks)
    assert len({title for one in pages for title in one}) == number


def walk(client: FlaskClient, path: str) -> list[list[str]]:
    """Return the titles of all pages from this one on; the way back must lead through the same ones."""
    place, found, read = path.partition("?")[0], [], page(client, path)
    while True:
        found.append([link.get_text() for link in read.select(".notes .title")])
        if not (more := read.select_one("[rel=next]")):
            break
        read = page(client, f"{place}{more['href']}")
    for before in reversed(found[:-1]):
        back = read.select_one("[rel=prev]")
        assert back
        read = page(client, f"{place}{back['href']}")
        assert [link.get_text() for link in read.select(".notes .title")] == before
    return found


# --- Months ------------------------------------------------------------------------------------------------------


def test_a_month_ends_where_the_person_is() -> None:
    assert Calendar(0, 0).end_of_month("2025-12") == microseconds(2026, 1, 1)
    assert Calendar(0, 120).end_of_month("2026-02") == microseconds(2026, 2, 28, 22)


@pytest.mark.parametrize("typed", ["2026", "2026-13", "0000-01", "2026-1", "x", "२०२६-०१"])
def test_what_is_no_month_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        Calendar(0, 0).end_of_month(typed)


def test_a_jump_shows_the_last_of_a_month_and_leads_both_ways(alice: FlaskClient, owner: int) -> None:
    for month in range(1, 7):
        created = create(owner, f"Month {month}")
        with db.transaction() as connection:
            connection.execute(update(note).where(note.c.id == created).values(created_at=microseconds(2025, month, 9)))
    assert titles(alice, "/notes?sort=created&month=2025-03") == ["Month 3", "Month 2", "Month 1"]
    newer = page(alice, "/notes?sort=created&month=2025-03").select_one("[rel=prev]")
    assert titles(alice, f"/notes{newer['href']}") == ["Month 6", "Month 5", "Month 4"]  # type: ignore[index]
    assert alice.get("/notes?month=March").status_code == 422


# --- Done tasks --------------------------------------------------------------------------------------------------


def test_done_tasks_can_be_hidden(alice: FlaskClient, owner: int) -> None:
    create(owner, "Finished", status="done")
    create(owner, "Soon", due_on=date(2031, 1, 1))
    create(owner, "Some day", status="open")
    assert titles(alice, "/tasks?done=hide") == ["Soon", "Some day"]
    assert titles(alice, "/tasks") == ["Soon", "Some day", "Finished"]


def test_done_tasks_can_be_hidden_among_notes_and_in_the_archive(alice: FlaskClient, owner: int) -> None:
    for number in range(50):
        create(owner, f"{number}", status=("none", "open", "done")[number % 3])
    service.set_pinned(owner, create(owner, "pinned", status="open"), True)
    shown = [str(number) for number in reversed(range(50)) if number % 3 != 2]
    assert [title for one in walk(alice, "/notes?done=hide") for title in one] == ["pinned", *shown]
    archived = create(owner, "archived", status="done")
    service.move(owner, archived, "archive")
    assert titles(alice, "/archive") == ["archived"]
    assert "All that is here is done." in page(alice, "/archive?done=hide").text


@pytest.mark.parametrize("sort", ["created", "title"])
def test_hiding_is_offered_only_where_an_index_answers_it(alice: FlaskClient, owner: int, sort: str) -> None:
    create(owner, "one")
    assert "Hide done tasks" not in page(alice, f"/notes?sort={sort}").text
    assert alice.get(f"/notes?sort={sort}&done=hide").status_code == 404
    offered = page(alice, "/notes?done=hide").select(".sorts a")
    assert [str(link["href"]) for link in offered if "done=hide" in str(link["href"])] == [
        "?done=hide&sort=changed", "?done=hide&sort=due",
    ]  # fmt: skip


def test_a_month_is_jumped_to_without_what_is_done(alice: FlaskClient, owner: int) -> None:
    create(owner, "open", status="open")
    create(owner, "finished", status="done")
    read = page(alice, "/notes?done=hide&month=2100-01")
    assert [link.get_text() for link in read.select(".notes .title")] == ["open"]
    assert read.select_one(".jump [name=done][value=hide]")
    assert not page(alice, "/notes?sort=due").select(".jump")


# --- Several at once ---------------------------------------------------------------------------------------------


def do(client: FlaskClient, ids: list[int], command: str, **fields: str) -> BeautifulSoup:
    answer = submit(client, "/notes/batch", at="/notes?select=1", note=ids, do=command, back="/notes", **fields)
    assert (answer.status_code, answer.location) == (303, "/notes")
    return page(client, "/notes")


def undo(client: FlaskClient, said: BeautifulSoup) -> None:
    button = said.select_one(".message button")
    assert button
    do_ = {str(button["name"]): str(button["value"])}
    assert submit(client, str(button["formaction"]), at="/notes", **do_).status_code == 303


def states(owner: int, ids: list[int]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(found.place, found.draft.status, found.draft.tags) for found in (service.get(owner, one) for one in ids)]


COMMANDS = [
    ("place:archive", {"was": "notes"}, ("archive", "none", ()), "2 notes are in the archive now."),
    ("place:trash", {"was": "notes"}, ("trash", "none", ()), "2 notes are in the trash now."),
    ("status:open", {}, ("notes", "open", ()), "2 notes are tasks now."),
    ("tag", {"tag": "#Home"}, ("notes", "none", ("Home",)), "2 notes are tagged #Home now."),
]


@pytest.mark.parametrize("case", COMMANDS, ids=lambda case: case[0])
def test_several_notes_are_changed_at_once_and_the_undo_is_about_those(
    alice: FlaskClient, owner: int, case: tuple[str, dict[str, str], object, str]
) -> None:
    command, fields, wanted, words = case
    ids = [create(owner, "one"), create(owner, "two")]
    others = [create(owner, "three")]
    before = states(owner, ids)
    said = do(alice, ids, command, **fields)
    assert states(owner, ids) == [wanted, wanted]
    assert states(owner, others) == before[:1]
    assert said.select_one(".message p").text == words  # type: ignore[union-attr]
    undo(alice, said)
    assert states(owner, ids) == before


def test_the_undo_leaves_what_was_so_before(alice: FlaskClient, owner: int) -> None:
    plain, tagged = create(owner, "plain"), create(owner, "tagged", tags=("home",))
    undo(alice, do(alice, [plain, tagged], "tag", tag="home"))
    assert [tags for _, _, tags in states(owner, [plain, tagged])] == [(), ("home",)]


def test_making_tasks_leaves_what_is_done_and_so_does_the_undo(alice: FlaskClient, owner: int) -> None:
    plain = create(owner, "plain")
    done = create(owner, "done", status="done", due_on=date(2026, 11, 28))
    before = [service.get(owner, one).draft for one in (plain, done)]
    said = do(alice, [plain, done], "status:open")
    assert [status for _, status, _ in states(owner, [plain, done])] == ["open", "done"]
    undo(alice, said)
    assert [service.get(owner, one).draft for one in (plain, done)] == before
    assert "They are tasks already." in do(alice, [done], "status:open").text


def test_somebody_elses_notes_and_missing_ones_are_left_out(alice: FlaskClient, owner: int, stranger: int) -> None:
    foreign, own = create(stranger, "foreign"), create(owner, "own")
    assert "1 note is in the trash now." in do(alice, [foreign, own, 7], "place:trash", was="notes").text
    assert service.get(stranger, foreign).place == "notes"


def test_nothing_chosen_says_so(alice: FlaskClient, owner: int) -> None:
    create(owner, "one")
    assert "choose some notes first" in do(alice, [], "place:trash", was="notes").text


@pytest.mark.parametrize(
    ("note_id", "command"), [("x", "place:trash"), ("1", "place:moon"), ("1", "tag"), ("1", "status:lost"), ("1", "")]
)
def test_nonsense_is_refused(alice: FlaskClient, owner: int, note_id: str, command: str) -> None:
    own = create(owner, "one")
    answer = submit(alice, "/notes/batch", at="/notes?select=1", note=[own, note_id], do=command)
    assert answer.status_code == 422
    assert states(owner, [own]) == [("notes", "none", ())]


def test_more_than_a_hundred_at_once_are_refused(owner: int) -> None:
    with pytest.raises(Invalid):
        service.change_all(owner, list(range(1, 102)), "place:trash")


@pytest.mark.parametrize("path", ["/notes", "/tasks", "/archive", "/trash", "/tags/home"])
def test_rows_can_be_selected_in_every_list(alice: FlaskClient, owner: int, path: str) -> None:
    for place in service.PLACES:
        service.move(owner, create(owner, "t", tags=("home",), status="open"), place)
    boxes = page(alice, f"{path}?select=all").select(".notes input[form=batch][checked]")
    assert len(boxes) == 1
    assert not page(alice, path).select(".notes input")
