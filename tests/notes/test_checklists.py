"""Items that can be ticked: which lines they are, and how one is ticked whatever was changed meanwhile."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from app import db
from app.errors import Invalid, NotFound
from app.notes import checklists, markdown, note_lists, service
from app.notes.checklists import Checklist
from app.notes.drafts import BODY_BYTES, Draft
from app.notes.list_rows import ITEMS_ABOVE, unpack
from app.notes.models import note_checklist
from devtools.forms import submit

SHOPPING = (
    "Buy:\n\n- [ ] milk\n- [x] bread\n  1. [X] rye\n\n> * [ ] said\n\n```\n- [ ] code\n```\n- [ ]\n- [y] no\n[ ] no"
)


@pytest.fixture
def note(owner: int) -> service.Note:
    return service.create(owner, Draft("Shopping", SHOPPING), "shopping")


def test_items_are_counted_as_they_are_laid_out() -> None:
    assert checklists.count(SHOPPING) == Checklist(done=2, total=4)
    boxes = BeautifulSoup(markdown.render(SHOPPING, items=True), "html.parser").select("input[value]")
    assert [(int(str(box["value"])), "checked" in box.attrs) for box in boxes] == [
        (2, False), (3, True), (4, True), (6, False),
    ]  # fmt: skip


def test_numbers_of_lines_leave_no_trace_in_the_text() -> None:
    text = "- [ ] `a` _b_ https://x.org/[ ]\n\n      - [ ] code\n\n<a href='- [ ] x'>y</a> [z](- [ ] z)"
    numbered = BeautifulSoup(markdown.render(text, items=True), "html.parser")
    for box in numbered.select("input"):
        del box["value"]
    assert str(numbered) == str(BeautifulSoup(markdown.render(text), "html.parser"))


def test_as_many_items_as_a_text_has_room_for_can_be_counted() -> None:
    most = checklists.count("- [x] a\n" * (BODY_BYTES // 8))
    assert most.total == most.done == BODY_BYTES // 8 < ITEMS_ABOVE


def test_a_tick_changes_nothing_but_its_sign(owner: int, note: service.Note) -> None:
    ticked = service.set_item(owner, note.id, 1, 2, True)
    assert ticked.draft.body == SHOPPING.replace("[ ] milk", "[x] milk")
    assert service.revision(owner, note.id, 1).draft.body == SHOPPING


def test_a_tick_that_is_sent_twice_is_stored_once(owner: int, note: service.Note) -> None:
    assert service.set_item(owner, note.id, 1, 2, True) == service.set_item(owner, note.id, 1, 2, True)


def test_neighbours_that_are_ticked_on_two_pages_are_both_ticked(owner: int, note: service.Note) -> None:
    service.set_item(owner, note.id, 1, 2, True)
    assert "[x] milk\n- [ ] bread" in service.set_item(owner, note.id, 1, 3, False).draft.body


def test_a_line_is_followed_to_where_it_is_by_now(owner: int, note: service.Note) -> None:
    service.save(owner, note.id, 1, replace(note.draft, body="New\n\n- [ ] eggs\n" + SHOPPING))
    assert "\n- [x] milk" in service.set_item(owner, note.id, 1, 2, True).draft.body


def test_a_line_that_was_changed_meanwhile_is_not_ticked(owner: int, note: service.Note) -> None:
    now = service.save(owner, note.id, 1, replace(note.draft, body=SHOPPING.replace("milk", "oat milk")))
    with pytest.raises(service.ItemChanged) as error:
        service.set_item(owner, note.id, 1, 2, True)
    assert error.value.current == now == service.get(owner, note.id)


def test_only_items_of_a_text_that_there_was_can_be_ticked(owner: int, stranger: int, note: service.Note) -> None:
    for line in (0, 12, 99):
        with pytest.raises(Invalid):
            service.set_item(owner, note.id, 1, line, True)
    for who, version in ((owner, 2), (owner, 0), (stranger, 1)):
        with pytest.raises(NotFound):
            service.set_item(who, note.id, version, 2, True)


def stored(owner: int) -> list[Checklist]:
    return [unpack(row.checklist) for row in note_lists.in_place(owner, "notes", None).rows]


def test_a_list_knows_how_many_items_are_done(owner: int, note: service.Note) -> None:
    assert stored(owner) == [Checklist(2, 4)]
    service.set_item(owner, note.id, 1, 2, True)
    assert stored(owner) == [Checklist(3, 4)]
    now = service.save(owner, note.id, 2, Draft("Shopping", "nothing"))
    assert stored(owner) == [Checklist(0, 0)]
    service.restore(owner, note.id, now.version - 1)
    assert stored(owner) == [Checklist(3, 4)]
    assert db.read(note_checklist.select()).all() == [(owner, note.id, 3, 4)]


def test_the_list_of_tasks_says_so_in_words(alice: FlaskClient, owner: int) -> None:
    service.create(owner, Draft("Shopping", SHOPPING, status="open"), "shopping")
    page = BeautifulSoup(alice.get("/tasks").data, "html.parser")
    assert page.select_one(".items").text == "2 of 4"  # type: ignore[union-attr]


def test_a_box_of_the_page_ticks_its_line(alice: FlaskClient, note: service.Note) -> None:
    page = f"/notes/{note.id}"
    boxes = BeautifulSoup(alice.get(page).data, "html.parser").select("[role=checkbox]")
    assert [(box["aria-label"], box["aria-checked"]) for box in boxes] == [
        ("milk", "false"), ("bread", "true"), ("rye", "true"), ("said", "false"),
    ]  # fmt: skip
    answer = submit(alice, str(boxes[0]["formaction"]), at=page, checked=boxes[0]["value"], back=page)
    assert (answer.status_code, answer.location) == (303, page)
    box = BeautifulSoup(alice.get(page).data, "html.parser").select_one("[role=checkbox]")
    assert box
    assert box["aria-checked"] == "true"


def test_a_box_whose_line_has_changed_says_so(alice: FlaskClient, owner: int, note: service.Note) -> None:
    page = f"/notes/{note.id}"
    service.save(owner, note.id, 1, replace(note.draft, body="all new"))
    answer = submit(alice, f"{page}/items/2?version=1", at=page, checked="1", part="note")
    assert "was changed somewhere else" in BeautifulSoup(answer.data, "html.parser").select_one(".message").text  # type: ignore[union-attr]
    assert "all new" in answer.text


@pytest.mark.parametrize(("line", "query", "checked"), [("2", "?version=1", "yes"), ("0", "?version=1", "1")])
def test_nonsense_is_refused(alice: FlaskClient, note: service.Note, line: str, query: str, checked: str) -> None:
    page = f"/notes/{note.id}"
    assert submit(alice, f"{page}/items/{line}{query}", at=page, checked=checked).status_code == 422


@pytest.mark.parametrize("version", ["", "-1", "0", "3", str(2**63), "-" + "9" * 30])
def test_of_a_version_that_there_never_was_nothing_is_ticked(
    alice: FlaskClient, owner: int, note: service.Note, version: str
) -> None:
    page = f"/notes/{note.id}"
    service.save(owner, note.id, 1, replace(note.draft, title="Later"))
    assert submit(alice, f"{page}/items/2?version={version}", at=page, checked="1").status_code == 404
    assert service.get(owner, note.id).draft.body == SHOPPING


def test_in_the_trash_nothing_can_be_ticked(alice: FlaskClient, owner: int, note: service.Note) -> None:
    service.move(owner, note.id, "trash")
    page = f"/notes/{note.id}"
    assert 'role="checkbox"' not in alice.get(page).text
    submit(alice, f"{page}/items/2?version=1", at=page, checked="1")
    assert service.get(owner, note.id).draft.body == SHOPPING
