"""What is done to one note with a click, how it is undone, and its history."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.notes import dates, service
from app.notes.drafts import Draft
from devtools.forms import submit


@pytest.fixture
def note(owner: int) -> service.Note:
    return service.create(owner, Draft("Milk", "two litres", (), "open"), "key")


def undo(client: FlaskClient, path: str) -> None:
    """Click on Undo on the page at `path`."""
    button = BeautifulSoup(client.get(path).data, "html.parser").select_one(".message button")
    assert button
    submit(client, str(button["formaction"]), at="/notes", **{str(button["name"]): str(button["value"])})


@pytest.mark.parametrize(
    ("action", "field", "change"),
    [
        ("status", "status", ("open", "done")),
        ("status", "status", ("open", "none")),
        ("pin", "pinned", ("0", "1")),
        ("place", "place", ("notes", "archive")),
        ("place", "place", ("notes", "trash")),
    ],
)
def test_a_click_is_done_told_and_undone(
    alice: FlaskClient, note: service.Note, action: str, field: str, change: tuple[str, str]
) -> None:
    before, wanted = change
    path = f"/notes/{note.id}/{action}?was={before}"
    answer = submit(alice, path, at="/notes", **{field: wanted}, back="/tasks?at=older.1.1")
    assert answer.location == "/tasks?at=older.1.1"
    changed = service.get(note.owner_id, note.id)
    assert {field: wanted}.items() <= {
        "status": changed.draft.status,
        "pinned": str(int(changed.pinned)),
        "place": changed.place,
    }.items()
    undo(alice, "/tasks")
    undone = service.get(note.owner_id, note.id)
    assert (undone.draft, undone.pinned, undone.place) == (note.draft, note.pinned, note.place)


def test_a_second_click_undoes_to_the_same_state(alice: FlaskClient, owner: int, note: service.Note) -> None:
    for _ in range(2):
        submit(alice, f"/notes/{note.id}/status?was=open", at="/trash", status="done", back="/notes")
    undo(alice, "/notes")
    assert service.get(owner, note.id).draft.status == "open"


def test_throwing_a_note_away_on_its_own_page_leads_to_the_list(alice: FlaskClient, note: service.Note) -> None:
    answer = submit(alice, f"/notes/{note.id}/place", at="/notes", place="trash", back=f"/notes/{note.id}")
    assert answer.location == "/notes"


@pytest.mark.parametrize(
    "page", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\r\nSet-Cookie: x", "/\t/evil"]
)
def test_the_way_back_never_leads_to_another_site(alice: FlaskClient, note: service.Note, page: str) -> None:
    answer = submit(alice, f"/notes/{note.id}/status", at="/notes", status="done", back=page)
    assert answer.location == "/notes"


def test_emptying_the_trash_asks_first(alice: FlaskClient, owner: int, note: service.Note) -> None:
    service.move(owner, note.id, "trash")
    assert "cannot be undone" in alice.get("/trash/empty").text
    assert service.get(owner, note.id).place == "trash"
    assert submit(alice, "/trash/empty").location == "/trash"
    assert alice.get(f"/notes/{note.id}").status_code == 404


def test_the_history_lists_older_versions_and_what_changed_since(
    alice: FlaskClient, owner: int, note: service.Note
) -> None:
    service.save(owner, note.id, 1, Draft("Milk & bread", "three litres\nof milk", ("shop",), "open"))
    assert f"/notes/{note.id}/history/1" in alice.get(f"/notes/{note.id}/history").text
    page = BeautifulSoup(alice.get(f"/notes/{note.id}/history/1").data, "html.parser")
    assert [word.get_text() for word in page.select(".difference del")] == ["two"]
    assert "".join(word.get_text() for word in page.select(".difference ins")) == "threeof milk"
    assert [name.get_text() for name in page.select(".fields dt")] == ["Title", "Tags"]


def test_the_history_tells_when_each_version_was_saved_and_how_many_lines_it_changed(
    alice: FlaskClient, owner: int, later: Callable[..., None]
) -> None:
    note = service.create(owner, Draft("Hut", "cash\nmap"), "a key of its own")
    written = service.get(owner, note.id).created_at
    later(days=1)
    service.save(owner, note.id, 1, Draft("Hut", "cash\nmap\nshoes\ntorch"))
    later(days=1)
    service.save(owner, note.id, 2, Draft("Hut", "cash\nmap\nboots"))
    page = BeautifulSoup(alice.get(f"/notes/{note.id}/history").data, "html.parser")
    days = [written + days * 24 * 3600 * 1_000_000 for days in (0, 2, 1, 0)]
    assert [time["datetime"] for time in page.select("main time")] == [dates.machine_time(day) for day in days]
    assert [
        step.get_text().replace("Lines added: ", "").replace("Lines removed: ", "") for step in page.select(".lines")
    ] == [
        "+1 −2",
        "+2",
        "+2",
    ]
    assert [text.split(",")[0] for text in map(Tag.get_text, page.select(".history p.quiet"))] == [
        "Version 3",
        "Version 2",
        "Version 1",
    ]


def test_a_long_history_stands_on_pages_that_hold_each_version_once(alice: FlaskClient, owner: int) -> None:
    note = service.create(owner, Draft("Count", "0"), "a key of its own")
    for number in range(1, 50):
        service.save(owner, note.id, number, Draft("Count", str(number)))
    path, versions = f"/notes/{note.id}/history", []
    while path:
        page = BeautifulSoup(alice.get(path).data, "html.parser")
        versions += [
            int(str(text).split()[1].strip(",")) for text in map(Tag.get_text, page.select(".history p.quiet"))
        ]
        older = page.select_one("[rel=next]")
        path = f"/notes/{note.id}/history{older['href']}" if older else ""
    assert versions == list(range(50, 0, -1))


def test_an_older_version_is_restored_and_that_is_undone(alice: FlaskClient, owner: int, note: service.Note) -> None:
    service.save(owner, note.id, 1, Draft("Bread"))
    submit(alice, f"/notes/{note.id}/restore", at="/notes", version="1")
    assert service.get(owner, note.id).draft == note.draft
    undo(alice, f"/notes/{note.id}")
    assert service.get(owner, note.id).draft.title == "Bread"


@pytest.fixture
def poem(owner: int) -> service.Note:
    """A note that was changed in its first line."""
    first = service.create(owner, Draft("Poem", "one\n\ntwo\n\nthree"), "poem")
    return service.save(owner, first.id, first.version, Draft("Poem", "ONE\n\ntwo\n\nthree"))


def restore_the_first(client: FlaskClient, seen: service.Note) -> TestResponse:
    """Click on the button of the page that compares the note, as it was `seen`, with its first version."""
    return submit(client, f"/notes/{seen.id}/restore?was={seen.version}", at="/notes", version="1")


def test_restoring_keeps_what_was_saved_since_the_page_was_read(
    alice: FlaskClient, owner: int, poem: service.Note
) -> None:
    page = BeautifulSoup(alice.get(f"/notes/{poem.id}/history/1").data, "html.parser")
    assert page.select_one(f'[formaction="/notes/{poem.id}/restore?was={poem.version}"]')
    service.save(owner, poem.id, poem.version, Draft("Poem", "ONE\n\ntwo\n\nTHREE"))
    restore_the_first(alice, poem)
    assert service.get(owner, poem.id).draft.body == "one\n\ntwo\n\nTHREE"
    assert "What was changed somewhere else meanwhile stays." in alice.get("/notes").text


def test_undoing_a_restore_that_was_merged_takes_back_the_restore_alone(
    alice: FlaskClient, owner: int, poem: service.Note
) -> None:
    meanwhile = service.save(owner, poem.id, poem.version, Draft("Poem", "ONE\n\ntwo\n\nTHREE"))
    restore_the_first(alice, poem)
    undo(alice, "/notes")
    assert service.get(owner, poem.id).draft == meanwhile.draft


def test_undoing_a_restore_keeps_what_was_saved_since(alice: FlaskClient, owner: int, poem: service.Note) -> None:
    restore_the_first(alice, poem)
    service.save(owner, poem.id, poem.version + 1, Draft("Poem", "one\n\ntwo\n\nTHREE"))
    undo(alice, "/notes")
    assert service.get(owner, poem.id).draft.body == "ONE\n\ntwo\n\nTHREE"


def test_restoring_what_was_changed_again_since_asks_which_to_keep(
    alice: FlaskClient, owner: int, poem: service.Note
) -> None:
    later = service.save(owner, poem.id, poem.version, Draft("Poem", "uno\n\ntwo\n\nthree"))
    answer = restore_the_first(alice, poem)
    assert answer.status_code == 409
    assert "Changed in two places" in answer.text
    assert service.get(owner, poem.id) == later


def test_undoing_a_restore_that_changed_nothing_changes_nothing(
    alice: FlaskClient, owner: int, poem: service.Note
) -> None:
    same = service.save(owner, poem.id, poem.version, Draft("Poem", "one\n\ntwo\n\nthree"))
    restore_the_first(alice, same)
    undo(alice, "/notes")
    assert service.get(owner, poem.id) == same


@pytest.mark.parametrize("seen", ["x", "-1", "9" * 30, "7"])
def test_a_restore_on_top_of_a_version_that_never_was_is_refused(
    alice: FlaskClient, owner: int, poem: service.Note, seen: str
) -> None:
    answer = submit(alice, f"/notes/{poem.id}/restore?was={seen}", at="/notes", version="1")
    assert answer.status_code in {404, 422}
    assert service.get(owner, poem.id) == poem


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30, "7", "²"])
def test_a_version_that_never_was_is_not_restored(
    alice: FlaskClient, owner: int, note: service.Note, version: str
) -> None:
    answer = submit(alice, f"/notes/{note.id}/restore", at="/notes", version=version)
    assert answer.status_code in {404, 422}
    assert service.get(owner, note.id) == note


def test_a_note_in_the_trash_says_so_and_is_put_back(alice: FlaskClient, owner: int, note: service.Note) -> None:
    service.move(owner, note.id, "trash")
    assert "in the trash" in alice.get(f"/notes/{note.id}").text
    submit(alice, f"/notes/{note.id}/place?was=trash", at="/notes", place="notes", back=f"/notes/{note.id}")
    assert service.get(owner, note.id).place == "notes"
