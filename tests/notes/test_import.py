"""Importing: every file becomes the note that its writer would expect, or is named with the reason."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text
from transferring import notes, run, stored, write

from app import db
from app.notes import search, service
from app.notes.drafts import Draft
from app.notes.transfer import dates, importing
from app.notes.transfer.sources import Folder

HEADER = """---
title: 'Milk: "two" litres'
tags: [Shop, home]
status: done
due: 2026-12-01
created: 2020-05-06T07:08:09Z
pinned: true
---

Whole milk.
"""


Imported = Callable[..., service.Note]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "files", {})


@pytest.fixture
def imported(app: Flask, owner: int, folder: Path) -> Imported:
    """Import one file and return its note: `imported("text")`, `imported(b"text", "name.txt")`."""

    def run_import(content: str | bytes, name: str = "a.md") -> service.Note:
        result = run(app, "import", write(folder, {name: content}))
        assert result.exit_code == 0, result.output
        (note,) = notes(owner).values()
        return note

    return run_import


def test_a_header_says_what_the_note_is(imported: Imported) -> None:
    note = imported(HEADER, "Milk-two-litres.md")
    assert note.draft.title == 'Milk: "two" litres'
    assert note.draft.body == "Whole milk.\n"
    assert (note.draft.tags, note.draft.status, note.draft.due_on) == (("home", "Shop"), "done", date(2026, 12, 1))
    assert note.created_at == dates.to_microseconds(dates.parse_iso("2020-05-06T07:08:09+00:00"))
    assert note.pinned


@pytest.mark.parametrize(
    ("header", "tags", "status"),
    [
        ("tags: home, machine learning", ("home", "machine-learning"), "none"),
        ("tags: home garden", ("garden", "home"), "none"),
        ("tags:\n- '#home'\n- a/b", ("a/b", "home"), "none"),
        ("tags: [no, 2024, 007]", ("007", "2024", "no"), "none"),
        ("tags:\ndone: true", (), "done"),
        ("done: no", (), "open"),
        ("status: open\ndone: true", (), "open"),
    ],
)
def test_tags_and_status_are_read_in_the_ways_people_write_them(
    imported: Imported, header: str, tags: tuple[str, ...], status: str
) -> None:
    note = imported(f"---\n{header}\n---\ntext")
    assert (note.draft.tags, note.draft.status, note.draft.body) == (tags, status, "text")


def test_what_a_header_says_beyond_that_stays_in_the_text(imported: Imported, app: Flask, folder: Path) -> None:
    header = "---\ntitle: A\nlayout: post\nstatus: draft\ndue: soon\nmore: {deep: [1, 2]}\n---\ntext\n"
    note = imported(header)
    kept = "text\n\n```yaml\nlayout: post\nstatus: draft\ndue: soon\nmore: {deep: [1, 2]}\n```\n"
    assert (note.draft.title, note.draft.status, note.draft.body) == ("A", "none", kept)
    assert "remark: a.md" in run(app, "import", folder).stderr


@pytest.mark.parametrize(
    ("name", "content", "title"),
    [
        ("the title.md", "# The *title* ##\n\n# Second", "The *title*"),
        ("the title.md", "\n \n#\tThe title", "The title"),
        ("the_title.md", "The title\n=====\ntext", "The title"),
        ("a.md", "intro\n\n# Heading", "a"),
        ("a.md", "```sh\n# a comment\n```\n# Heading", "a"),
        ("a.md", "    # indented code", "a"),
        ("a.md", "- item\n====", "a"),
        ("shopping list.txt", "no heading", "shopping list"),
        ("README", "no heading", "README"),
        ("GPL-1.2", "text", "GPL-1.2"),
        ("v2.5 plans", "text", "v2.5 plans"),
        ("v2.5 plans.md", "text", "v2.5 plans"),
        ("a.RST", "#hashtag\n## second level", "a"),
        ("empty.txt", "", "empty"),
    ],
)
def test_the_title_is_the_heading_that_comes_first_or_the_name(
    imported: Imported, name: str, content: str, title: str
) -> None:
    note = imported(content, name)
    assert (note.draft.title, note.draft.body) == (title, content)


def test_a_name_that_is_not_the_title_stays_at_the_end_of_the_text(
    imported: Imported, app: Flask, folder: Path
) -> None:
    note = imported("# Plans\n\nfor May", "2021-05 plans: may.md")
    assert note.draft == Draft("Plans", "# Plans\n\nfor May\n\n```yaml\nfile: '2021-05 plans: may'\n```\n")
    assert "Its file's name is not its title" in run(app, "import", folder).stderr


@pytest.mark.parametrize(
    "body",
    ["---\nA rule, then prose: [x\n---\nmore", "---\n", "---\na: b, but no end", "--- a/file\n+++ b/file\n---\n"],
)
def test_a_rule_is_no_header(imported: Imported, body: str) -> None:
    assert imported(body).draft.body == body


def test_a_title_that_is_too_long_stands_in_the_text(imported: Imported) -> None:
    title = "word " * 60
    note = imported(f"---\ntitle: {title}\n---\ntext", f"{title[:200].strip()}.md")
    assert len(note.draft.title) <= 200
    assert note.draft.body.startswith(f"{title.strip()}\n\ntext\n")


def test_folders_become_tags_where_they_fit(app: Flask, owner: int, folder: Path) -> None:
    long = "x" * 41
    result = run(app, "import", write(folder, {f"Home/My Garden/{long}/a.md": "text"}))
    assert notes(owner)["a"].draft.tags == ("Home", "My-Garden")
    assert "Folders became tags: home, my-garden." in result.stderr
    assert f"Not all its folders became tags. ({long})" in result.stderr


def test_times_are_those_of_the_file(app: Flask, owner: int, folder: Path) -> None:
    os.utime(write(folder, {"a.md": "text"}) / "a.md", ns=(1_500_000_000_123_456_000,) * 2)
    assert run(app, "import", folder).exit_code == 0
    note = notes(owner)["a"]
    assert note.created_at == note.changed_at == 1_500_000_000_123_456


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("\ufeffgrüß 🙂\r\nb\rc".encode(), "grüß 🙂\nb\nc"),
        ("grüß".encode("utf-16"), "grüß"),
        ("\ufeffgrüß".encode("utf-16-be"), "grüß"),
        ("grüß “x”".encode("cp1252"), "grüß “x”"),
        (b"gr\xfc\x81", "grü\x81"),
    ],
)
def test_texts_are_read_in_their_encoding(
    imported: Imported, app: Flask, folder: Path, content: bytes, body: str
) -> None:
    assert imported(content).draft.body == body
    assert ("not plain UTF-8 and was read by a guess" in run(app, "import", folder).stderr) == (content[:2] == b"gr")


def test_importing_twice_adds_nothing_even_after_edits(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"a.md": "text", "b/a.md": "text", "c.md": HEADER})
    assert "3 notes imported, 0 here already" in run(app, "import", folder).output
    note = notes(owner)["a"]
    service.save(owner, note.id, 1, note.draft.__class__("edited", "other"))
    before = stored()
    assert "0 notes imported, 3 here already" in run(app, "import", folder).output
    assert stored() == before


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("x" * (16 * 1024 * 1024 + 1), "at most 16 MiB"),
        (b"text\0", "NUL"),
        ("a\0b".encode("utf-16"), "cannot be stored"),
        (b"\xff\xfea", "like UTF-16 and is not"),
    ],
)
def test_what_cannot_be_kept_is_named_and_the_rest_arrives(
    app: Flask, owner: int, folder: Path, content: str | bytes, reason: str
) -> None:
    result = run(app, "import", write(folder, {"a.md": content, "good.md": "text"}))
    assert result.exit_code == 1
    assert "refused: a.md: " in result.stderr
    assert reason in result.stderr
    assert list(notes(owner)) == ["good"]


def test_what_is_no_text_is_skipped_and_named(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"photo.png": b"x", "program": b"\x7fELF\0\1", ".git/HEAD": "ref", "a.md": "text", ".env": "x=1"})
    result = run(app, "import", folder)
    assert result.exit_code == 0
    assert "1 note imported, 0 here already, 4 files skipped, 0 refused" in result.output
    assert "skipped: .git/: hidden" in result.stderr
    assert "skipped: program: binary" in result.stderr


def test_what_is_imported_can_be_searched_and_has_its_place_in_the_list(imported: Imported, owner: int) -> None:
    imported(HEADER)
    assert [row.note.title for row in search.search(owner, "whole is:done tag:shop").rows] == ['Milk: "two" litres']
    assert db.read(text("SELECT COUNT(*) FROM note_tag")).scalar() == 2


def test_an_unknown_owner_or_folder_is_said_in_one_sentence(app: Flask, owner: int, folder: Path) -> None:
    unknown = run(app, "import", folder, owner=("--owner", "nobody@example.org"))
    assert (unknown.exit_code, unknown.output.count("\n")) == (1, 1)
    assert unknown.output.startswith("Error: There is no account nobody@example.org; ")
    missing = run(app, "import", folder / "missing")
    assert (missing.exit_code, missing.output.count("\n")) == (1, 1)
    assert "There is no folder or file" in missing.output


def test_two_imports_at_once_make_each_note_once(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {f"{number}.md": f"text {number}" for number in range(60)})

    def import_it(_: int) -> int:
        with app.app_context():
            source = Folder(folder)
            return importing.import_files(owner, source, list(source.files()), lambda _: None).added

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(import_it, range(4))) == 60
    assert len(stored()["note"]) == 60


def test_a_database_that_is_not_there_is_said_in_one_sentence(make_app: Callable[..., Flask], folder: Path) -> None:
    away = make_app(DATABASE_URL="mysql+pymysql://root@127.0.0.1:1/notes")
    result = run(away, "import", folder)
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert result.output.startswith("Error: MySQL at 127.0.0.1:1: ")
