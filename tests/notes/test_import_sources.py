"""Where files come from and how they are encoded: a single one, archives in archives, any encoding."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from flask import Flask
from transferring import notes, run, write

from app.notes.drafts import BODY_BYTES
from app.notes.transfer.encodings import decode
from app.notes.transfer.fitting import split_text

JAPANESE = "買い物リスト：牛乳とパン、明日の会議は十時からです。"
CHINESE = "会议记录：明天上午十点开会，今天天气很好，我们去公园散步。"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "files", {})


def archive(*entries: tuple[str, bytes], encoding: str | None = None) -> bytes:
    """Return a ZIP file; with `encoding`, its names are in that and the archive does not say so."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for number, (name, content) in enumerate(entries):
            stored = name.encode(encoding) if encoding else b""
            made.writestr(f"{number:0{len(stored)}}" if encoding else name, content)
    data = file.getvalue()
    for number, (name, _) in enumerate(entries if encoding else ()):
        stored = name.encode(encoding or "")
        assert data.count(f"{number:0{len(stored)}}".encode()) == 2
        data = data.replace(f"{number:0{len(stored)}}".encode(), stored)
    return data


def test_a_single_file_is_imported(app: Flask, owner: int, folder: Path) -> None:
    result = run(app, "import", write(folder, {"My note.md": "text"}) / "My note.md")
    assert result.exit_code == 0
    assert notes(owner)["My note"].draft.body == "text"


def test_names_that_begin_with_a_dot_and_a_slash_are_not_hidden(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"a.zip": archive(("./a.md", b"a"), ("./b/./c.md", b"c"), ("./.hidden.md", b"x"))})
    result = run(app, "import", folder / "a.zip")
    assert sorted(notes(owner)) == ["a", "c"]
    assert "skipped: .hidden.md: hidden" in result.stderr


def test_an_archive_in_an_archive_is_imported(app: Flask, owner: int, folder: Path) -> None:
    inner = archive(("Home/a.md", b"a"), ("b.md", b"b"))
    write(
        folder, {"a.zip": archive(("Part-1.zip", inner), ("Part-2.ZIP", archive(("b.md", b"other"))), ("c.md", b"c"))}
    )
    assert run(app, "import", folder / "a.zip").exit_code == 0
    assert sorted(notes(owner)) == ["a", "b", "c"]
    assert notes(owner)["a"].draft.tags == ("Home",)
    assert "0 notes imported, 4 here already" in run(app, "import", folder / "a.zip").stdout


def test_archives_in_archives_are_opened_to_a_limited_depth(app: Flask, owner: int, folder: Path) -> None:
    nested = archive(("deep.md", b"deep"))
    for _ in range(3):
        nested = archive(("a.zip", nested), ("a.md", b"a"))
    write(folder, {"a.zip": nested})
    result = run(app, "import", folder / "a.zip")
    assert result.exit_code == 1
    assert "refused: a.zip/a.zip: an archive in an archive in an archive" in result.stderr


def test_archives_in_an_archive_count_together_against_a_bomb(app: Flask, owner: int, folder: Path) -> None:
    bomb = archive(*((f"{number}.md", b"x" * 250_000) for number in range(200)))
    write(folder, {"a.zip": archive(*((f"{number}.zip", bomb) for number in range(5)))})
    result = run(app, "import", folder / "a.zip")
    assert (result.exit_code, notes(owner)) == (1, {})
    assert "times its size" in result.output


def test_a_damaged_archive_in_an_archive_is_named(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"a.zip": archive(("in.zip", b"no archive"), ("a.md", b"a"))})
    assert "refused: in.zip: damaged" in run(app, "import", folder / "a.zip").stderr
    assert list(notes(owner)) == ["a"]


def test_an_archive_in_a_folder_is_skipped_and_said(app: Flask, owner: int, folder: Path) -> None:
    write(folder, {"in.zip": archive(("a.md", b"a")), "b.md": "b"})
    assert "skipped: in.zip: a ZIP file in a folder; import it by itself" in run(app, "import", folder).stderr


@pytest.mark.parametrize(("name", "encoding"), [(JAPANESE, "cp932"), (CHINESE, "gb18030"), ("größer", "utf-8")])
def test_names_of_an_archive_are_read_in_their_encoding(
    app: Flask, owner: int, folder: Path, name: str, encoding: str
) -> None:
    write(folder, {"a.zip": archive((f"{name}.md", b"text"), encoding=encoding)})
    result = run(app, "import", folder / "a.zip")
    assert list(notes(owner)) == [name]
    assert (f"remark: {encoding}: Names that are not UTF-8" in result.stderr) == (encoding != "utf-8")


def test_a_backslash_in_half_a_character_parts_no_name(app: Flask, owner: int, folder: Path) -> None:
    # In Shift-JIS the second byte of 表 is a backslash.
    write(folder, {"a.zip": archive(("表.md", b"text"), encoding="cp932")})
    assert run(app, "import", folder / "a.zip", "--encoding", "shift_jis").exit_code == 0
    assert list(notes(owner)) == ["表"]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (JAPANESE, "cp932"),
        (JAPANESE, "euc-jp"),
        (CHINESE, "gb18030"),
        ("Все счастливые семьи похожи друг на друга", "cp1251"),
        ("Все счастливые семьи похожи друг на друга", "koi8-r"),
        ("Καλημέρα κόσμε, τι κάνεις σήμερα;", "cp1253"),
        ("größer “als” Käse – 20 €", "cp1252"),
        ("Käse", "cp1252"),
    ],
)
def test_the_encoding_of_a_text_is_guessed_and_said(text: str, encoding: str) -> None:
    found, guess = decode(text.encode(encoding))
    assert found == text
    assert guess


@pytest.mark.parametrize("encoding", ["shift_jis", "gb18030", "cp1252", "utf-16-le"])
def test_a_text_is_read_in_the_encoding_that_the_person_names(encoding: str) -> None:
    text = {"shift_jis": "メモ", "gb18030": "你好"}.get(encoding, "Käse")
    assert decode(text.encode(encoding), encoding) == (text, "")


def test_a_few_bytes_that_are_not_utf_8_do_not_spoil_the_others() -> None:
    found, guess = decode("größer, süß, Käse, ".encode() + "Öl\x81".encode("latin-1"))
    assert (found, guess) == ("größer, süß, Käse, Öl\x81", "UTF-8 with bytes of Windows-1252 in it")


def test_a_nul_in_a_text_shows_and_does_not_refuse_it(app: Flask, owner: int, folder: Path) -> None:
    result = run(app, "import", write(folder, {"a.md": "pasted \0 here" + " and text" * 100}))
    assert (result.exit_code, "with NUL, which shows as ␀" in result.stderr) == (0, True)
    assert notes(owner)["a"].draft.body.startswith("pasted ␀ here")


def test_an_encoding_that_there_is_not_is_refused(app: Flask, owner: int, folder: Path) -> None:
    for name in ("klingon", "rot13"):
        result = run(app, "import", folder, "--encoding", name)
        assert (result.exit_code, "There is no encoding" in result.output) == (2, True)


def test_a_long_text_becomes_several_notes_that_are_the_text(app: Flask, owner: int, folder: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(20_000)) + "ß" * 50_000
    result = run(app, "import", write(folder, {"long.md": text}))
    assert (result.exit_code, "2 notes imported" in result.stdout) == (0, True)
    assert "It is too long for one note and became several. (2 notes)" in result.stderr
    assert "0 notes imported, 2 here already" in run(app, "import", folder).stdout


def test_a_long_text_is_parted_at_the_end_of_a_line_where_one_is_near() -> None:
    text = "".join(f"line {number}\n" for number in range(50_000)) + "ß" * 300_000
    parts = list(split_text(text))
    assert "".join(parts) == text
    assert all(len(part.encode()) <= BODY_BYTES for part in parts)
    assert [part[-1] for part in parts[:2]] == ["\n", "\n"]
