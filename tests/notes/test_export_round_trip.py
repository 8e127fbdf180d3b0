"""Whatever can be stored comes back from an export to the letter."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from transferring import forget_everything, run, stored

from app.errors import Invalid
from app.notes import service
from app.notes.drafts import STATUSES, Draft
from app.notes.service import Note, Revision
from app.notes.transfer import histories, markdown_file

CHARACTERS = st.characters(codec="utf-8", exclude_characters="\0")
# fmt: off
SNIPPETS = st.sampled_from([
    "---", "---\n", "...\n", "\n\n", "  ", "\r\n", "title: x\n", "'", '"', ": ", " #", "- ", "🙂", "\ufeff", "\u2028",
    "\x85", "null", "~", "yes", "2026-01-01", "!!str ", "&a", "*a", "%YAML", "\\", "é",
])
# fmt: on
TEXTS = st.lists(SNIPPETS | st.text(CHARACTERS, max_size=20), max_size=12).map("".join)


def cleaned(draft: Draft) -> Draft | None:
    try:
        return draft.cleaned()
    except Invalid:
        return None


DRAFTS = (
    st.builds(
        Draft,
        title=TEXTS.map(lambda text: text[:200]),
        body=TEXTS,
        tags=st.lists(st.text(CHARACTERS, min_size=1, max_size=10), max_size=4).map(tuple),
        status=st.sampled_from(STATUSES),
        due_on=st.none() | st.dates(),
    )
    .map(cleaned)
    .filter(bool)
)
MOMENTS = st.integers(0, 4_000_000_000_000_000)


def note(draft: Draft, created_at: int, changed_at: int, place: str, pinned: bool) -> Note:
    return Note(1, 7, 3, place, pinned, created_at, changed_at, draft)


NOTES = st.builds(note, DRAFTS, MOMENTS, MOMENTS, st.sampled_from(["notes", "archive", "trash"]), st.booleans())


@given(NOTES, st.none() | MOMENTS)
@example(note(Draft("null", "---\n\n---\n"), 0, 1, "notes", False), None)
@example(note(Draft("", "\n \ufeff\n"), 0, 1, "notes", False), 5)
@example(note(Draft("9" * 200, "x", ("1e3", "no", "null", "~")), 0, 1, "notes", False), 5)
def test_a_note_comes_back_from_its_file(before: Note, touched_at: int | None) -> None:
    parsed = markdown_file.read(markdown_file.write(before, touched_at, 2))
    assert parsed.draft.cleaned() == before.draft
    assert (parsed.created_at, parsed.changed_at) == (before.created_at, before.changed_at)
    assert (parsed.place, parsed.pinned, parsed.remarks) == (before.place, before.pinned, [])
    assert parsed.identity == markdown_file.Identity(before.id, before.version, 2, touched_at)


@given(DRAFTS, MOMENTS)
def test_an_older_version_comes_back_from_its_line(draft: Draft, replaced_at: int) -> None:
    before = Revision(3, replaced_at, draft)
    line = histories.write_line(before)
    assert line.count(b"\n") == 1
    assert histories.read_line(line) == before


VALUES = st.recursive(
    TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from(sorted(markdown_file.OUR_NAMES | {"done", "date", "x"})), VALUES), TEXTS)
def test_no_header_at_all_breaks_the_reading(header: dict[str, object], body: str) -> None:
    whole = {"created": "2026-01-01", "changed": "2026-01-01", "exported_note": {"id": 7, "version": 1, "revisions": 0}}
    for said in (header, whole | header):
        try:
            draft = markdown_file.read(f"---\n{yaml.safe_dump(said)}---\n{body}").draft
        except markdown_file.Unusable:
            continue
        cleaned(replace(draft, title=draft.title or "x"))


@given(TEXTS | st.text())
def test_no_text_at_all_breaks_the_reading(text: str) -> None:
    try:
        parsed = markdown_file.read(text)
    except markdown_file.Unusable:
        return
    assert parsed.identity is None
    assert parsed.draft.body.strip() in text


@pytest.mark.slow
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(DRAFTS, min_size=1, max_size=3), min_size=1, max_size=4))
def test_notes_come_back_from_an_export(app: Flask, owner: int, written: list[list[Draft]]) -> None:
    forget_everything()
    for number, drafts in enumerate(written):
        new = service.create(owner, drafts[0], f"key {number}")
        for draft in drafts[1:]:
            new = service.save(owner, new.id, new.version, draft)
    before = stored()
    with tempfile.TemporaryDirectory() as folder:
        assert run(app, "export", Path(folder, "out")).exit_code == 0
        forget_everything()
        result = run(app, "import", Path(folder, "out"))
    assert (result.exit_code, stored()) == (0, before), result.output
