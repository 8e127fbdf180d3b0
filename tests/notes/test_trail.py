"""The trail: what was done with which notes, by whom and from where; a batch hides none, and no text is in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text, update
from statements import heard

from app import db
from app.accounts import sessions
from app.accounts.models import account_session
from app.jobs import worker
from app.notes import service, trail
from app.notes.drafts import Draft
from app.notes.models import note_event
from devtools.api_client import ApiClient
from devtools.forms import submit
from devtools.people import Cast, create_token, email

Later = Callable[..., None]


def create(owner: int, number: int = 1) -> list[int]:
    return [service.create(owner, Draft(f"Note {at}", "text"), service.new_key()).id for at in range(number)]


def acts(owner: int) -> list[tuple[str, list[int]]]:
    """Return what was done with which notes, oldest first."""
    return [(act.action, sorted(step.note_id for step in act.notes)) for act in reversed(trail.page(owner).acts)]


def newest(owner: int) -> trail.Act:
    return trail.page(owner).acts[0]


def test_what_a_newer_release_has_written_is_shown_by_its_name(owner: int) -> None:
    trail.record(owner, create(owner), "tomorrow")
    with db.transaction() as connection:
        connection.execute(update(note_event).values(actor="robot"))
    assert (newest(owner).action, newest(owner).by) == ("tomorrow", "robot")


@pytest.mark.parametrize("place", ["archive", "trash"])
def test_a_change_of_place_and_the_way_back_are_in_it(owner: int, place: str) -> None:
    [note_id] = create(owner)
    assert acts(owner) == []
    service.move(owner, note_id, place)
    service.move(owner, note_id, place)
    service.move(owner, note_id, "notes")
    assert acts(owner) == [(trail.ACTIONS[place], [note_id]), (trail.ACTIONS["notes"], [note_id])]


def test_a_save_that_puts_a_note_back_is_in_it(owner: int) -> None:
    [note_id] = create(owner)
    service.move(owner, note_id, "trash")
    service.save(owner, note_id, 2, Draft("Back"), put_back=True)
    assert newest(owner).action == trail.ACTIONS["notes"]


def test_a_save_alone_is_not(owner: int) -> None:
    [note_id] = create(owner)
    service.save(owner, note_id, 1, Draft("Another"))
    service.set_status(owner, note_id, "open")
    assert acts(owner) == []


def test_an_earlier_version_that_is_restored_is_in_it(owner: int) -> None:
    [note_id] = create(owner)
    service.save(owner, note_id, 1, Draft("Another"))
    service.restore(owner, note_id, 1)
    assert acts(owner) == [(trail.ACTIONS["restored"], [note_id])]


def test_emptying_the_trash_names_every_note_that_went(owner: int) -> None:
    ids = create(owner, 3)
    gone = ids[1:]
    for note_id in gone:
        service.move(owner, note_id, "trash")
    service.empty_trash(owner)
    assert acts(owner)[-1] == (trail.ACTIONS["emptied"], sorted(gone))
    assert [step.heading for step in newest(owner).notes] == [None, None]


def test_what_goes_by_itself_after_thirty_days_is_in_it(app: Flask, owner: int, later: Later) -> None:
    [note_id] = create(owner)
    service.move(owner, note_id, "trash")
    later(days=31)
    worker.run_all()
    act = newest(owner)
    assert (act.action, act.by, [step.note_id for step in act.notes]) == (
        trail.ACTIONS["expired"],
        "by itself",
        [note_id],
    )


@pytest.mark.parametrize(
    ("command", "action"),
    [("place:archive", "archive"), ("place:trash", "trash"), ("status:open", "changed"), ("tag:home", "changed")],
)
def test_a_batch_hides_no_note(alice: FlaskClient, owner: int, command: str, action: str) -> None:
    ids = create(owner, 4)
    submit(alice, "/notes/batch", at="/notes", note=ids[:3], do=command, tag="home")
    [act] = trail.page(owner).acts
    assert (act.action, sorted(step.note_id for step in act.notes)) == (trail.ACTIONS[action], sorted(ids[:3]))


def test_a_tag_that_is_renamed_on_many_notes_is_in_it(owner: int) -> None:
    ids = create(owner, 3)
    for note_id in ids:
        service.change_tags(owner, note_id, "home", has=True)
    service.rename_tag(owner, "home", "house")
    assert acts(owner) == [(trail.ACTIONS["renamed tag"], sorted(ids))]


def test_an_import_names_its_notes(app: Flask, owner: int, tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.md").write_text(f"# Note {number}")
    result = app.test_cli_runner().invoke(args=["notes", "import", str(tmp_path), "--owner", email("alice")])
    assert result.exit_code == 0, result.output
    act = newest(owner)
    assert (act.action, act.by, act.client) == ("Imported", "the person who runs this site", "command line")
    assert len(act.notes) == 3


def test_a_session_is_named_as_the_operator_sees_it(app: Flask, alice: FlaskClient, owner: int) -> None:
    [note_id] = create(owner)
    submit(alice, f"/notes/{note_id}/place", at="/notes", place="archive")
    stored = db.read(select(account_session.c.digest).where(account_session.c.account_id == owner)).scalar_one()
    [row] = db.read(select(note_event).where(note_event.c.owner_id == owner))
    assert (row.actor, row.credential, row.client) == ("session", stored.hex()[:8], "127.0.0.1")
    assert sessions.list_sessions(owner, "")[0].id.startswith(row.credential)


def test_a_token_is_named(app: Flask, cast: Cast, owner: int) -> None:
    program = ApiClient(app.test_client(), create_token(app, owner))
    created = program.create_note("Milk")
    assert program("DELETE", f"/notes/{created['id']}", if_match=1).status_code in {200, 204}
    assert newest(owner).by == "API token a test"


def test_acts_of_two_stay_two_though_they_call_their_requests_alike(app: Flask, cast: Cast, owner: int) -> None:
    made = create(owner, 2)
    for note_id, client in zip(made, ("203.0.113.66", "192.0.2.1"), strict=True):
        headers = {"Authorization": f"Bearer {create_token(app, owner)}", "If-Match": '"1"', "X-Request-ID": "a" * 32}
        answer = app.test_client().delete(
            f"/api/v1/notes/{note_id}", headers=headers, environ_base={"REMOTE_ADDR": client}
        )
        assert answer.status_code in {200, 204}
    assert [act.client for act in trail.page(owner).acts] == ["192.0.2.1", "203.0.113.66"]


def test_nobody_elses_trail_is_seen(bob: FlaskClient, owner: int) -> None:
    [note_id] = create(owner)
    service.move(owner, note_id, "trash")
    assert str(note_id) not in bob.get("/account/trail").text


def test_a_change_that_fails_leaves_nothing_in_it(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    [note_id] = create(owner)
    monkeypatch.setattr("app.notes.service.changing._add_job_to_follow", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        service.move(owner, note_id, "trash")
    assert (acts(owner), service.get(owner, note_id).place) == ([], "notes")


def test_all_notes_that_go_at_once_take_one_statement(owner: int) -> None:
    for note_id in create(owner, 20):
        service.move(owner, note_id, "trash")
    with heard() as sent:
        service.empty_trash(owner)
    assert len([statement for statement, _ in sent if statement.startswith("INSERT INTO note_event")]) == 1


def test_it_holds_no_text_of_a_note(owner: int) -> None:
    note = service.create(owner, Draft("quokka", "quokka", ("quokka",)), "key")
    service.move(owner, note.id, "trash")
    service.empty_trash(owner)
    assert "quokka" not in repr(db.read(select(note_event)).all())


def test_after_ninety_days_it_is_forgotten(owner: int, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "DELETED_AT_ONCE", 2)
    old, young = create(owner, 2)
    for place in ("archive", "notes", "archive"):
        service.move(owner, old, place)
    later(days=89)
    service.move(owner, young, "archive")
    worker.run_all()
    assert sum(len(notes) for _, notes in acts(owner)) == 4
    later(days=2)
    worker.run_all()
    assert acts(owner) == [(trail.ACTIONS["archive"], [young])]


def test_the_page_says_what_happened_and_leads_to_older_things(
    alice: FlaskClient, owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PAGE", 2)
    first, second, gone = create(owner, 3)
    for note_id in (gone, first, second):
        service.move(owner, note_id, "trash")
    service.move(owner, first, "notes")
    page = BeautifulSoup(alice.get("/account/trail").data, "html.parser")
    texts = [item.get_text(" ", strip=True) for item in page.select("main > ul > li")]
    assert [said.split("  ")[0][:20] for said in texts] == ["Put among the notes ", "Moved to the trash N"]
    older = page.find("a", string="Older")
    assert older is not None
    rest = BeautifulSoup(alice.get(str(older["href"])).data, "html.parser").select("main > ul > li")
    assert [item.get_text(" ", strip=True)[:27] for item in rest] == ["Moved to the trash: 2 notes"]


def test_a_number_that_no_row_has_is_no_fault(alice: FlaskClient) -> None:
    for before in ("9" * 30, "-1", "x", ""):
        assert alice.get(f"/account/trail?before={before}").status_code == 200


def test_the_command_prints_it_all_or_of_one_note(app: Flask, owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "PAGE", 2)
    first, *others = create(owner, 4)
    for note_id in (first, *others):
        service.move(owner, note_id, "trash")
    service.empty_trash(owner)
    lines = _print(app)
    assert all(any(str(note_id) in line for line in lines) for note_id in (first, *others))
    assert len(_print(app, "--note", str(first))) == 2


def _print(app: Flask, *more: str) -> list[str]:
    result = app.test_cli_runner().invoke(args=["notes", "trail", "--owner", email("alice"), *more])
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_a_page_of_it_is_read_by_an_index(owner: int) -> None:
    [note_id] = create(owner)
    service.move(owner, note_id, "trash")
    with heard() as sent:
        trail.page(owner)
        trail.page(owner, note_id=note_id)
    explain = "EXPLAIN QUERY PLAN" if db.dialect() == "sqlite" else "EXPLAIN FORMAT=TRADITIONAL"
    for statement, parameters in sent:
        plan = repr(db.connection().exec_driver_sql(f"{explain} {statement}", parameters).all())
        assert "uq_note_event" in plan or "sqlite_autoindex_note_event" in plan, plan
        assert "TEMP B-TREE" not in plan
        assert "filesort" not in plan
    assert db.read(text("SELECT COUNT(*) FROM note_event")).scalar() == 1
