"""Each statement of the app names the owner of the rows it is about; the few that do not are known, with a reason."""

from __future__ import annotations

import re

import owner_first
import pytest
from sqlalchemy import bindparam, select

from app import db
from app.errors import NotFound
from app.notes import changes, service
from app.notes.models import note
from app.notes.service import reading

NAMING = [
    "SELECT note.title FROM note WHERE note.owner_id = ? AND note.id = ?",
    "SELECT n.title FROM note AS n FORCE INDEX (uq_note_list) WHERE n.owner_id >= %(o)s AND n.owner_id <= %(o)s",
    "INSERT INTO note_revision (owner_id, note_id, body) VALUES (?, ?, ?)",
    "DELETE FROM note WHERE note.owner_id = ? AND note.id IN (?, ?)",
    "UPDATE account SET password_hash=? WHERE account.id = ?",
    "SELECT 1",
]
NAMELESS = [
    "SELECT note.title FROM note WHERE note.id = ?",
    "SELECT note.title FROM note JOIN note_tag ON note_tag.owner_id = note.owner_id WHERE note_tag.tag = ?",
    "UPDATE note SET owner_id=? WHERE note.id = ?",
    "DELETE FROM note_revision",
    "SELECT owner_id, note_id FROM note_change ORDER BY number",
    "SELECT note.title FROM note WHERE note.owner_id = ? UNION ALL SELECT note_revision.title FROM note_revision",
]


@pytest.mark.parametrize("statement", NAMING)
def test_who_names_an_owner_passes(statement: str) -> None:
    assert owner_first.names_its_owner(statement)


@pytest.mark.parametrize("statement", NAMELESS)
def test_who_names_none_is_found_whatever_else_is_said_of_owners(statement: str) -> None:
    assert not owner_first.names_its_owner(statement)


def test_a_look_up_that_forgets_its_owner_fails_the_test_in_which_it_is_sent(
    owner: int, nameless: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forgetful = select(note).where(note.c.id == bindparam("id"), bindparam("owner") == bindparam("owner"))
    monkeypatch.setattr(reading, "_NOTE", forgetful)
    with pytest.raises(NotFound):
        service.with_contents(owner, 1, before=2, limit=1)
    [sent] = nameless
    assert "WHERE note.id = ? AND ? = ? UNION ALL" in " ".join(re.sub(r"%\(\w+\)s", "?", sent).split())
    nameless.clear()


def test_a_query_that_goes_straight_to_the_driver_is_checked_too(
    owner: int, nameless: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everybodys = "SELECT COALESCE(MAX(number), 0) FROM note_change"
    monkeypatch.setattr(changes, "_NEWEST", db.PreparedQuery(everybodys))
    changes.since(owner, None, 1)
    assert nameless == [everybodys]
    nameless.clear()


def test_what_a_test_asks_by_itself_is_not_the_apps(owner: int, nameless: list[str]) -> None:
    db.read(select(note.c.id)).all()
    assert nameless == []
