"""Importing what somebody prepared: nothing outside is read, nothing explodes, no name steers the terminal."""

from __future__ import annotations

import os
import stat
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from transferring import notes, run, write

from app.notes.transfer import sources
from app.notes.transfer.markdown_file import read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "files", {})


def archive(path: Path, *entries: tuple[str | zipfile.ZipInfo, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in entries:
            made.writestr(name, content)
    return path


@pytest.mark.parametrize("name", ["../../evil.md", "/etc/evil.md", "a/../../evil.md", "..\\evil.md", "C:\\evil.md"])
def test_a_name_that_leads_out_is_refused(app: Flask, owner: int, folder: Path, name: str) -> None:
    result = run(app, "import", archive(folder / "a.zip", (name, b"evil"), ("good.md", b"text")))
    assert result.exit_code == 1
    assert "leads out" in result.stderr
    assert list(notes(owner)) == ["good"]
    assert sorted(path.name for path in folder.glob("*.md")) == []


def test_links_are_not_followed(app: Flask, owner: int, folder: Path) -> None:
    outside = write(folder / "outside", {"secret.md": "secret"})
    inside = write(folder / "inside", {"a.md": "text"})
    (inside / "file.md").symlink_to(outside / "secret.md")
    (inside / "folder").symlink_to(outside)
    (inside / "loop").symlink_to(inside)
    result = run(app, "import", inside)
    assert "1 note imported, 0 here already, 3 files skipped" in result.output
    assert "secret" not in result.output


def test_a_file_that_becomes_a_link_while_it_is_read_is_not_followed(folder: Path) -> None:
    secret = write(folder / "outside", {"secret.md": "secret"}) / "secret.md"
    inside = write(folder / "inside", {"a.md": "text"})
    source = sources.Folder(inside)
    (file,) = source.files()
    (inside / "a.md").unlink()
    (inside / "a.md").symlink_to(secret)
    with pytest.raises(sources.Unreadable):
        source.read(file.path, 100)


def test_a_link_in_an_archive_is_skipped(app: Flask, owner: int, folder: Path) -> None:
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    result = run(app, "import", archive(folder / "a.zip", (link, b"/etc/passwd")))
    assert "skipped: link.md: a link" in result.stderr
    assert not notes(owner)


def test_a_pipe_does_not_stop_the_import(app: Flask, owner: int, folder: Path) -> None:
    os.mkfifo(write(folder, {"a.md": "text"}) / "pipe.md")
    assert "skipped: pipe.md: not a regular file" in run(app, "import", folder).stderr
    assert list(notes(owner)) == ["a"]


def test_an_archive_that_explodes_is_refused(app: Flask, owner: int, folder: Path) -> None:
    bomb = archive(folder / "a.zip", *((f"{number}.md", b"x" * 250_000) for number in range(300)))
    result = run(app, "import", bomb)
    assert result.exit_code == 1
    assert "times its size" in result.output
    assert not notes(owner)


def test_one_entry_that_is_huge_is_not_unpacked_further_than_a_note_reaches(
    app: Flask, owner: int, folder: Path
) -> None:
    huge = archive(folder / "a.zip", ("a.md", b"x" * 60_000_000), ("good.md", b"text"))
    assert "refused: a.md: A text file has at most 16 MiB" in run(app, "import", huge).stderr
    assert list(notes(owner)) == ["good"]


def test_an_encrypted_entry_is_named(app: Flask, owner: int, folder: Path) -> None:
    path = archive(folder / "a.zip", ("secret.md", b"text"))
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    assert "refused: secret.md: encrypted" in run(app, "import", path).stderr


def test_a_damaged_entry_is_named_and_the_rest_arrives(app: Flask, owner: int, folder: Path) -> None:
    path = archive(folder / "a.zip", ("bad.md", os.urandom(500).hex().encode()), ("good.md", b"text"))
    data = bytearray(path.read_bytes())
    data[60] ^= 0xFF
    path.write_bytes(data)
    result = run(app, "import", path)
    assert "refused: bad.md: damaged" in result.stderr
    assert list(notes(owner)) == ["good"]


@pytest.mark.parametrize("content", [b"", b"PK\3\4 no more", b"text"])
def test_what_is_no_archive_is_said_in_one_sentence(app: Flask, owner: int, folder: Path, content: bytes) -> None:
    (folder / "a.zip").write_bytes(content)
    result = run(app, "import", folder / "a.zip")
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert "cannot be read as a ZIP file" in result.output


def test_two_entries_of_one_name_are_not_one_note(app: Flask, owner: int, folder: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = archive(folder / "a.zip", ("a.md", b"first"), ("a.md", b"second"))
    assert "another file in the archive has this name" in run(app, "import", path).stderr
    assert notes(owner)["a"].draft.body == "first"


def test_an_entry_without_a_name_is_refused_and_the_rest_arrives(app: Flask, owner: int, folder: Path) -> None:
    path = archive(folder / "a.zip", ("nameless", b"text"), ("good.md", b"text"))
    path.write_bytes(path.read_bytes().replace(b"nameless", b"\0ameless"))
    assert "refused: : its name leads out" in run(app, "import", path).stderr
    assert list(notes(owner)) == ["good"]


def test_a_name_cannot_steer_the_terminal(app: Flask, owner: int, folder: Path) -> None:
    name = "\x1b]0;owned\x07\u202e.png"
    result = run(app, "import", archive(folder / "a.zip", (name, b"x"), ("folder\n/a.md", b"text")))
    assert "\\x1b]0;owned\\x07\\u202e.png" in result.stderr
    assert not {"\x1b", "\x07", "\u202e"} & set(result.output)


def test_a_name_that_is_not_utf_8_arrives(app: Flask, owner: int, folder: Path) -> None:
    (folder / os.fsdecode(b"caf\xe9.md")).write_text("text")
    assert run(app, "import", folder).exit_code == 0
    assert list(notes(owner)) == ["caf�"]


def test_a_header_makes_no_objects(folder: Path) -> None:
    marker = folder / "made"
    header = f"---\nx: !!python/object/apply:os.mkdir ['{marker}']\n---\n"
    assert "mkdir" not in read(header).draft.title
    assert not marker.exists()


@pytest.mark.parametrize("name", ["tags: &b", "title: &b", "due: &b", "other: &b"])
def test_a_header_of_aliases_stays_as_it_was_written(name: str) -> None:
    levels = "\n".join(f"- &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20))
    parsed = read(f"---\nlol: &a0 lol\n{name}\n{levels}\n---\n")
    assert levels in "".join(entry.raw for entry in parsed.rest)


def test_hostile_texts_take_no_longer_than_others() -> None:
    # Each is the worst case of one expression; a square of these lengths would take minutes.
    for text in ("# " + " " * 200_000 + "x", "# a" + " #" * 100_000, "---\n" * 60_000, "---\n" + "\n" * 200_000 + "x"):
        read(text)


def test_a_long_header_that_calls_itself_exported_takes_little_memory() -> None:
    text = f"---\nexported_note: {{id: 1}}\nx: [{'a, ' * 100_000}]\n---\n"
    tracemalloc.start()
    try:
        read(text)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(text)
    finally:
        tracemalloc.stop()
