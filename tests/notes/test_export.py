"""Exporting: everything comes back from it as it was, and nothing is overwritten."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
import yaml
from flask import Flask
from transferring import forget_everything, notes, run, stored, write

from app.notes import service
from app.notes.drafts import Draft
from app.notes.transfer import exporting, markdown_file

MILK = Draft("Milk: two litres", "Whole.\n\n---\n\nOr not.  \n\n", ("home", "shop"), "open", date(2026, 12, 1))


@pytest.fixture
def pile(owner: int) -> list[int]:
    """Notes of every kind, and their ids."""
    kinds: list[Callable[[int], object]] = [
        lambda _: None,
        lambda id_: service.set_pinned(owner, id_, True),
        lambda id_: service.move(owner, id_, "archive"),
        lambda id_: service.move(owner, id_, "trash"),
        lambda id_: service.set_status(owner, id_, "done"),
        lambda id_: [service.save(owner, id_, n, replace(MILK, body=f"version {n} é\n")) for n in range(1, 60)],
        lambda id_: service.move(owner, service.set_status(owner, id_, "done").id, "trash"),
    ]
    ids = []
    for number, kind in enumerate(kinds):
        ids.append(service.create(owner, replace(MILK, title=f"{MILK.title} {number}"), f"key {number}").id)
        kind(ids[-1])
    return ids


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_what_is_exported_comes_back_in_every_column(
    app: Flask, owner: int, pile: list[int], tmp_path: Path, name: str
) -> None:
    before = stored()
    assert run(app, "export", tmp_path / name).output.endswith(f"7 notes exported to {tmp_path / name}.\n")
    forget_everything()
    result = run(app, "import", tmp_path / name)
    assert "7 notes imported, 0 here already, 0 files skipped, 0 refused" in result.output
    assert stored() == before


def test_importing_an_export_where_it_came_from_adds_nothing(
    app: Flask, owner: int, pile: list[int], tmp_path: Path
) -> None:
    run(app, "export", tmp_path / "out")
    service.save(owner, pile[0], 1, Draft("edited since"))
    before = stored()
    assert "0 notes imported, 7 here already" in run(app, "import", tmp_path / "out").output
    assert stored() == before


def test_a_note_that_was_deleted_for_good_comes_back(app: Flask, owner: int, pile: list[int], tmp_path: Path) -> None:
    run(app, "export", tmp_path / "out.zip")
    service.empty_trash(owner)
    for _ in range(2):
        run(app, "import", tmp_path / "out.zip")
        assert set(notes(owner, "trash")) == {"Milk: two litres 3", "Milk: two litres 6"}
        service.empty_trash(owner)


def test_an_exported_file_that_was_edited_does_not_vanish_unseen(app: Flask, owner: int, tmp_path: Path) -> None:
    service.create(owner, MILK, "key")
    run(app, "export", tmp_path / "out")
    (file,) = (tmp_path / "out" / "notes").iterdir()
    file.write_text(file.read_text() + "more")
    result = run(app, "import", tmp_path / "out")
    assert result.exit_code == 1
    assert "here already, with other content" in result.stderr


def test_somebody_elses_export_becomes_notes_of_ones_own(
    app: Flask, owner: int, stranger: int, pile: list[int], tmp_path: Path
) -> None:
    run(app, "export", tmp_path / "out")
    before = stored()
    charlie = ("--owner", "charlie@example.org")
    assert "7 notes imported" in run(app, "import", tmp_path / "out", owner=charlie).output
    assert "0 notes imported, 7 here" in run(app, "import", tmp_path / "out", owner=charlie).output
    copied = notes(stranger, "archive")["Milk: two litres 2"]
    assert copied.draft == service.get(owner, pile[2]).draft
    assert [row for row in stored()["words"] if row in before["words"]] == before["words"]


def test_a_missing_or_damaged_history_is_said(app: Flask, owner: int, pile: list[int], tmp_path: Path) -> None:
    run(app, "export", tmp_path / "out")
    history = tmp_path / "out" / "history" / f"{pile[5]}.jsonl"
    lines = history.read_text().splitlines(keepends=True)
    forget_everything()
    history.write_text("".join(lines[:-1]))
    assert "history is not the one" in run(app, "import", tmp_path / "out").stderr
    history.unlink()
    assert "Its older versions are not here. (59)" in run(app, "import", tmp_path / "out").stderr


def test_other_tools_can_read_the_files(app: Flask, owner: int, tmp_path: Path) -> None:
    service.create(owner, MILK, "key")
    run(app, "export", tmp_path / "out")
    (file,) = (tmp_path / "out" / "notes").iterdir()
    _, header, body = file.read_text().split("---\n", 2)
    said = yaml.safe_load(header)
    assert file.name.startswith("Milk-two-litres-")
    assert (said["title"], said["tags"], said["due"]) == (MILK.title, ["home", "shop"], date(2026, 12, 1))
    assert body.strip() == MILK.body.strip()


@pytest.mark.parametrize(
    ("title", "name"), [("../../etc/passwd", "etc-passwd-7.md"), ("🙂", "7.md"), ("CON", "CON-7.md"), ("é" * 200, None)]
)
def test_a_title_makes_a_name_that_every_system_takes(title: str, name: str | None) -> None:
    made = exporting.file_name(service.Note(1, 7, 1, "notes", False, 0, 0, Draft(title)))
    assert made == (name or made)
    assert len(made.encode()) < 150


def test_files_that_are_there_are_not_overwritten(app: Flask, owner: int, pile: list[int], tmp_path: Path) -> None:
    mine = write(tmp_path / "mine", {"thesis.md": "ten years"})
    (tmp_path / "mine.zip").write_bytes(b"x")
    for path, options in ((mine, ()), (mine, ("--force",)), (mine / "thesis.md", ()), (tmp_path / "mine.zip", ())):
        result = run(app, "export", path, *options)
        assert (result.exit_code, result.stdout) == (1, "")
    assert (mine / "thesis.md").read_text() == "ten years"
    assert (tmp_path / "mine.zip").read_bytes() == b"x"


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_force_replaces_an_older_export(app: Flask, owner: int, pile: list[int], tmp_path: Path, name: str) -> None:
    run(app, "export", tmp_path / name)
    service.empty_trash(owner)
    assert run(app, "export", tmp_path / name).exit_code == 1
    assert run(app, "export", tmp_path / name, "--force").exit_code == 0
    forget_everything()
    assert "5 notes imported" in run(app, "import", tmp_path / name).output


@pytest.mark.usefixtures("pile")
@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_that_fails_leaves_what_was_there(
    app: Flask, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(app, "export", tmp_path / name)
    before = sorted(path.name for path in tmp_path.rglob("*"))

    def fail(*_: object) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(markdown_file, "write", fail)
    result = run(app, "export", tmp_path / name, "--force")
    assert (result.exit_code, "No space left on device" in result.stderr) == (1, True)
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_is_for_its_maker_only(app: Flask, owner: int, tmp_path: Path, name: str) -> None:
    service.create(owner, MILK, "key")
    run(app, "export", tmp_path / name)
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) & 0o077 == 0


def test_an_archive_is_a_proper_one(app: Flask, owner: int, pile: list[int], tmp_path: Path) -> None:
    run(app, "export", tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        assert {name.split("/")[0] for name in archive.namelist()} == exporting.FOLDERS - {"files"}
