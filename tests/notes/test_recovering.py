"""A note that somebody misses is found and brought back: from the trash, an earlier version, a backup or an export."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from on_databases import on_sqlite
from sqlalchemy import update

from app import db
from app.accounts import service as accounts
from app.accounts.models import account
from app.notes import service, trail
from app.notes.drafts import Draft
from devtools.people import PASSWORD, Cast, email


def run(app: Flask, *words: str, of: str = "alice") -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["notes", *words, "--owner", email(of)])
    return result.exit_code, result.output


@pytest.fixture
def milk(owner: int) -> service.Note:
    """A note with an earlier version."""
    made = service.create(owner, Draft("Milk", "two litres of it", ("home",)), "key")
    return service.save(owner, made.id, made.version, Draft("Bread", "a loaf", ("home",)))


def backup(app: Flask, folder: Path) -> Path:
    result = app.test_cli_runner().invoke(args=["database", "backup", str(folder)])
    assert result.exit_code == 0, result.output
    [made] = [path for path in folder.iterdir() if path.is_dir()]
    return made


def delete_for_good(owner: int, note_id: int) -> None:
    service.move(owner, note_id, "trash")
    service.empty_trash(owner)


def test_a_note_is_found_by_what_it_said_before_and_wherever_it_is(app: Flask, owner: int, milk: service.Note) -> None:
    service.move(owner, milk.id, "trash")
    status, said = run(app, "find", "LITRES of".lower())
    assert (status, said.split()[:4]) == (0, [str(milk.id), "trash,", "version", "1"])
    assert run(app, "find", "loaf")[1].split()[:2] == [str(milk.id), "trash"]


@pytest.mark.parametrize("words", ["École", "école", "ÉCOLE", "ecole", "e\u0301cole"])
def test_capitals_and_accents_make_no_difference_on_any_database(app: Flask, owner: int, words: str) -> None:
    made = service.create(owner, Draft("À faire", "L'École est finie"), "school")
    assert run(app, "find", words)[1].split()[0] == str(made.id)


def test_what_is_more_than_the_limit_is_said_and_how_to_see_it(app: Flask, owner: int) -> None:
    for number in range(3):
        service.create(owner, Draft(f"Milk {number}"), f"key {number}")
    status, said = run(app, "find", "milk", "--limit", "2")
    *found, hint = said.splitlines()
    assert (status, len(found)) == (0, 2)
    assert hint == "These are the newest 2, and there are more: name rarer words, or --limit 20."
    assert len(run(app, "find", "milk", "--limit", "3")[1].splitlines()) == 3


def test_signs_of_a_pattern_are_looked_for_as_they_are(app: Flask, owner: int, milk: service.Note) -> None:
    assert run(app, "find", "%")[0] == run(app, "find", "l_af")[0] == 1


def test_nobody_elses_note_is_found_or_restored(app: Flask, owner: int, milk: service.Note) -> None:
    service.move(owner, milk.id, "trash")
    assert run(app, "find", "loaf", of="bob")[0] == 1
    assert run(app, "restore", str(milk.id), of="bob")[0] == 1
    assert service.get(owner, milk.id).place == "trash"


def test_a_note_comes_back_from_the_trash(app: Flask, owner: int, milk: service.Note) -> None:
    service.move(owner, milk.id, "trash")
    assert run(app, "restore", str(milk.id)) == (0, "Bread is among the notes.\n")
    assert service.get(owner, milk.id).place == "notes"


def test_an_earlier_version_comes_back_and_the_present_one_stays(app: Flask, owner: int, milk: service.Note) -> None:
    service.move(owner, milk.id, "trash")
    assert run(app, "restore", str(milk.id), "--version", "1") == (0, "Milk is among the notes.\n")
    now = service.get(owner, milk.id)
    assert (now.place, now.draft.title, now.draft.tags) == ("notes", "Milk", ("home",))
    assert "Bread" in [older.title for older in service.revisions(owner, milk.id)]
    assert run(app, "restore", str(milk.id), "--version", "99")[0] == 1


@on_sqlite
def test_a_note_that_is_gone_comes_back_from_a_backup_with_its_history(
    app: Flask, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    made = backup(app, tmp_path / "backups")
    delete_for_good(owner, milk.id)
    assert run(app, "find", "loaf")[0] == 1
    assert run(app, "find", "litres", "--backup", str(made))[1].split()[:4] == [str(milk.id), "notes,", "version", "1"]
    assert run(app, "restore", str(milk.id), "--backup", str(made)) == (0, "Bread is among the notes.\n")
    now = service.get(owner, milk.id)
    assert (now.version, now.created_at, now.changed_at, now.draft) == (
        milk.version,
        milk.created_at,
        milk.changed_at,
        milk.draft,
    )
    assert service.revision(owner, milk.id, 1).draft.title == "Milk"
    assert trail.page(owner).acts[0].action == trail.ACTIONS["recovered"]


@on_sqlite
def test_what_was_in_the_trash_of_the_backup_comes_back_among_the_notes(
    app: Flask, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    service.move(owner, milk.id, "trash")
    made = backup(app, tmp_path / "backups")
    service.empty_trash(owner)
    assert run(app, "restore", str(milk.id), "--backup", str(made))[0] == 0
    assert service.get(owner, milk.id).place == "notes"


@on_sqlite
def test_a_note_that_is_here_is_not_written_over_from_a_backup(
    app: Flask, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    made = backup(app, tmp_path / "backups")
    service.save(owner, milk.id, milk.version, Draft("Newer"))
    status, said = run(app, "restore", str(milk.id), "--backup", str(made))
    assert (status, "is here" in said) == (1, True)
    assert service.get(owner, milk.id).draft.title == "Newer"


@on_sqlite
def test_nothing_of_another_account_comes_out_of_a_backup(
    app: Flask, cast: Cast, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    made = backup(app, tmp_path / "backups")
    delete_for_good(owner, milk.id)
    assert run(app, "find", "loaf", "--backup", str(made), of="bob")[0] == 1
    status, said = run(app, "restore", str(milk.id), "--backup", str(made), of="bob")
    assert (status, "no such note in the backup" in said) == (1, True)


@on_sqlite
def test_nothing_comes_out_of_a_backup_for_who_has_the_address_now(
    app: Flask, cast: Cast, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    made = backup(app, tmp_path / "backups")
    former = cast["alice"].email
    with db.transaction() as connection:
        connection.execute(update(account).where(account.c.id == owner).values(email="alice@elsewhere.example"))
    accounts.create(former, PASSWORD)
    for command in (["find", "loaf"], ["restore", str(milk.id)]):
        status, said = run(app, *command, "--backup", str(made), of="alice")
        assert (status, "not in the backup" in said) == (1, True), said
        assert "In the backup alice@example.org is account 1, made on 20" in said
        assert f"here it is account {len(cast) + 1}, made on 20" in said


@on_sqlite
def test_a_backup_that_was_changed_is_refused(app: Flask, owner: int, milk: service.Note, tmp_path: Path) -> None:
    made = backup(app, tmp_path / "backups")
    with (made / "notes.db").open("ab") as opened:
        opened.write(b"x")
    status, said = run(app, "restore", str(milk.id), "--backup", str(made))
    assert (status, "was changed or is damaged" in said) == (1, True)


def test_a_note_that_is_gone_comes_back_from_an_export_of_the_account(
    app: Flask, owner: int, milk: service.Note, tmp_path: Path
) -> None:
    """As docs/backup.md says it for MySQL: the export is made of a restored database, the import into the live one."""
    other = service.create(owner, Draft("Still here"), "another key")
    assert run(app, "export", str(tmp_path / "alice.zip"))[0] == 0
    delete_for_good(owner, milk.id)
    other = service.save(owner, other.id, other.version, Draft("Changed since"))
    run(app, "import", str(tmp_path / "alice.zip"))
    assert service.get(owner, milk.id) == milk
    assert service.revision(owner, milk.id, 1).draft.title == "Milk"
    assert service.get(owner, other.id).draft.title == "Changed since"
