"""Files go out with the notes that mention them and come in again, from here or from another program."""

from __future__ import annotations

import hashlib
import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from on_databases import on_sqlite
from transferring import forget_everything, notes, run, stored, write

from app.files import claims, service
from app.files.folder import FolderStore
from app.files.store import StoreUnavailable
from app.notes import service as note_service
from app.notes.drafts import Draft
from app.notes.transfer import attachments
from app.notes.transfer.sources import SingleFile
from devtools.forms import submit
from devtools.people import Cast
from files.conftest import PDF, PNG, add
from files.hostile import corpus


def picture(number: int) -> bytes:
    return PNG + bytes([number])


def all_files(owner: int) -> dict[str, bytes]:
    """Return what the owner has, by name."""
    return {one.name: b"".join(service.open_content(one, 0, one.size)) for one in service.each(owner)}


def mentioned(body: str) -> list[str]:
    return re.findall(r"/files/(\d+)/", body)


@pytest.fixture
def pile(owner: int) -> list[service.File]:
    """Files of several kinds, mentioned by a note, by its earlier version only, and by none."""
    files = [
        add(owner, PNG, "a cat (1).png"),
        add(owner, PDF, "bill.pdf"),
        add(owner, b"no Markdown", "list.txt"),
        add(owner, picture(1), "old.png"),
        add(owner, picture(2), "in no note.png"),
    ]
    first = note_service.create(owner, Draft("history", service.in_text(files[3])), "key 1")
    note_service.save(owner, first.id, 1, Draft("history", "without"))
    texts = "\n".join(map(service.in_text, files[:3]))
    body = (
        f"{texts}\n`/files/{files[0].id}/` ../files/{files[0].id} /files/7/ https://a.example/files/7/x ../../files/8"
    )
    kept = note_service.create(owner, Draft("all", body), "key 2")
    note_service.move(owner, kept.id, "archive")
    return files


@pytest.mark.parametrize("name", ["out", "out.zip"])
def test_an_export_brings_all_back(app: Flask, owner: int, pile: list[service.File], tmp_path: Path, name: str) -> None:
    before, files = stored(), all_files(owner)
    assert f"2 notes and 5 files exported to {tmp_path / name}" in run(app, "export", tmp_path / name).output
    forget_everything()
    result = run(app, "import", tmp_path / name)
    assert "2 notes imported, 0 here already, 1 file skipped, 0 refused. 4 files came with them." in result.output
    files.pop("in no note.png")
    assert all_files(owner) == files
    after = stored()
    assert after.pop("file_total") == [(owner, 4, sum(map(len, files.values())))]
    before.pop("file_total")
    assert after == before
    assert "2 here already" in run(app, "import", tmp_path / name).output


def test_links_of_an_export_lead_to_its_files(app: Flask, owner: int, pile: list[service.File], tmp_path: Path) -> None:
    run(app, "export", tmp_path / "out")
    [note] = (tmp_path / "out" / "archive").iterdir()
    links = re.findall(r"\]\((\.\.[^)]+)\)", note.read_text())
    assert len(links) == 3
    for link, content in zip(links, (PNG, PDF, b"no Markdown"), strict=True):
        assert (note.parent / link.replace("%20", " ").replace("%28", "(").replace("%29", ")")).read_bytes() == content


def test_an_export_into_another_account_brings_its_own_files(
    app: Flask, owner: int, stranger: int, pile: list[service.File], tmp_path: Path
) -> None:
    theirs = service.add(stranger, io.BytesIO(b"theirs"), "a", id_=pile[0].id)
    run(app, "export", tmp_path / "out")
    result = run(app, "import", tmp_path / "out", owner=("--owner", "charlie@example.org"))
    assert "2 notes imported" in result.output
    body = notes(stranger, "archive")["all"].draft.body
    assert str(theirs.id) not in mentioned(body)
    copied = service.get(stranger, int(mentioned(body)[0]))
    assert copied.name == pile[0].name
    assert {one.id for one in service.of_note(stranger, notes(stranger)["history"].id)} == {pile[3].id}


def test_what_is_lost_is_said_and_the_rest_exported(
    app: Flask, owner: int, pile: list[service.File], tmp_path: Path
) -> None:
    store = claims.store.of(app)
    store.delete(owner, pile[0].sha256)
    store.put(owner, pile[1].sha256, io.BytesIO(b"other"))
    result = run(app, "export", tmp_path / "out")
    assert (result.exit_code, "2 notes and 3 files exported" in result.output) == (1, True)
    assert [line for line in result.stderr.splitlines() if line.startswith("lost: ")] == [
        f"lost: {attachments.path_of(one)}: its content is missing or damaged; look for it in a backup."
        for one in pile[:2]
    ]


def test_everything_of_an_account_holds_its_files(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    with app.app_context():
        files = [add(cast["alice"].id, picture(number), "a.png") for number in range(3)]
        claims.store.get().delete(cast["alice"].id, files[2].sha256)
    answer = submit(alice, "/account/export", at="/account")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert [archive.read(attachments.path_of(one)) for one in files[:2]] == [picture(0), picture(1)]
        assert json.loads(archive.read("account.json"))["files_lost"] == [attachments.path_of(files[2])]
    answer.close()


VAULT = {
    "pictures/a b.png": picture(1),
    "note/assets/x.png": picture(2),
    "_resources/0f3a.png": picture(3),
    "deep/er/caf\u0065\u0301.PNG": picture(4),
    "bill.pdf": PDF,
    "unused.png": picture(5),
    "folder/(1).png": picture(6),
    ".obsidian/hidden.png": picture(7),
    "film.bin": b"\0\1",
    "one/er/twice.png": picture(8),
    "two/er/twice.png": picture(9),
}


LINKS = [
    ("![[a b.png]]", "a b.png", "![a b.png](ADDRESS)"),
    ("![[a b.png|300x20]]", "a b.png", "![a b.png](ADDRESS)"),
    ("![[pictures/a b.png|The *cat*]]", "a b.png", "![The *cat*](ADDRESS)"),
    ("|![[a b.png\\|60]]|", "a b.png", "|![a b.png](ADDRESS)|"),
    ("[[bill.pdf#page=2|the bill]]", "bill.pdf", "[the bill](ADDRESS)"),
    ("[[bill.pdf|the bill]]", "bill.pdf", "[the bill](ADDRESS)"),
    ("![[bill.pdf]]", "bill.pdf", f"[bill.pdf ({len(PDF)} bytes)](ADDRESS)"),
    ('![alt](assets/x.png "title")', "x.png", '![alt](ADDRESS "title")'),
    ("![alt](./assets/x.png)", "x.png", "![alt](ADDRESS)"),
    ("![](../_resources/0f3a.png)", "0f3a.png", "![](ADDRESS)"),
    ("![](../pictures/a%20b.png)", "a b.png", "![](ADDRESS)"),
    ("![](<../pictures/a b.png>)", "a b.png", "![](ADDRESS)"),
    ("![](../pictures/a b.png)", "a b.png", "![](ADDRESS)"),
    ("![](/pictures/a%20b.png?raw=true)", "a b.png", "![](ADDRESS)"),
    ("[![](assets/x.png)](https://a.example)", "x.png", "[![](ADDRESS)](https://a.example)"),
    ("![](../folder/(1).png)", "(1).png", "![](ADDRESS)"),
    ('<img width=3 src="assets/x.png">', "x.png", '<img width=3 src="ADDRESS">'),
    ("<img src=assets/x.png width=3>", "x.png", '<img src="ADDRESS" width=3>'),
    ("[x]: assets/x.png", "x.png", "[x]: ADDRESS"),
    ("![](/assets/x.png)", "x.png", "![](ADDRESS)"),  # from a folder that was moved
    ("![](../../../other/assets/x.png)", "x.png", "![](ADDRESS)"),
    ("![[caf\u00e9.png]]", "caf\u00e9.PNG", "![caf\u00e9.PNG](ADDRESS)"),
    ("[f](../film.bin)", "film.bin", "[f](ADDRESS)"),
]


@on_sqlite
@pytest.mark.parametrize("link", LINKS, ids=[text for text, _, _ in LINKS])
def test_a_vaults_links_lead_to_its_files(app: Flask, owner: int, tmp_path: Path, link: tuple[str, str, str]) -> None:
    text, name, becomes = link
    run(app, "import", write(tmp_path / "vault", VAULT | {"note/n.md": text}))
    body = notes(owner)["n"].draft.body
    [found] = service.each(owner) if "ADDRESS" in becomes else [None]
    if found:
        assert found.name == name
        becomes = becomes.replace("ADDRESS", service.address(found.id, found.name))
        assert [one.id for one in service.of_note(owner, notes(owner)["n"].id)] == [found.id]
    assert body == becomes


@pytest.mark.parametrize(
    "text",
    [
        "![](../../outside.png)",
        "![](/etc/passwd)",
        "![](https://a.example/x.png)",
        "![](file:///etc/passwd)",
        "![[hidden.png]]",
        "![](link.png)",
        "```\n![](assets/x.png)\n```",
        "![](assets)",
        "![](other/x.png)",  # a picture of this name may be another
        "![](moved/er/twice.png)",
        "[[n]] ![]() [](<>) ![[|]]",
    ],
)
def test_what_is_not_among_the_files_is_not_taken(app: Flask, owner: int, tmp_path: Path, text: str) -> None:
    write(tmp_path, {"outside.png": PNG})
    vault = write(tmp_path / "vault", VAULT | {"note/n.md": text})
    (vault / "note" / "link.png").symlink_to(tmp_path / "outside.png")
    run(app, "import", vault)
    assert notes(owner)["n"].draft.body == text
    assert list(service.each(owner)) == []


@on_sqlite
def test_a_picture_that_is_not_there_is_told(app: Flask, owner: int, tmp_path: Path) -> None:
    elsewhere = "![](https://a.example/no.png) [a](a.example) ![](/files/7/a.png)"
    texts = f"![](no.png) ![[no.pdf|no]] <img src='a/no.svg'> {elsewhere}"
    told = run(app, "import", write(tmp_path / "vault", {"n.md": texts}), "--full").stderr
    assert re.findall(r"not among these; .*\((.*)\)", told) == ["no.png", "no.pdf", "a/no.svg"]


@on_sqlite
@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ("[a plan](plans/My%20plan.md)", "[[The plan|a plan]]"),
        ("[a plan](</plans/My plan.md>)", "[[The plan|a plan]]"),
        ("[its end](../vault/plans/My%20plan.md)", "[its end](../vault/plans/My%20plan.md)"),
        ("[**x**](plans/other.md#end)", "[[other|**x**]]"),
        ("[home](plans/README.md)", "[home](plans/README.md)"),  # two are called so
        ("`[a plan](plans/other.md)`", "`[a plan](plans/other.md)`"),
        ("`a` [x](plans/other.md) `[a](plans/other.md)", "`a` [[other|x]] `[a](plans/other.md)"),
        ("![x](plans/other.md) [a|b](plans/other.md)", "![x](plans/other.md) [a|b](plans/other.md)"),
    ],
)
def test_a_markdown_link_leads_to_the_note(app: Flask, owner: int, tmp_path: Path, link: str, becomes: str) -> None:
    texts = {
        "plans/My plan.md": "# The plan",
        "plans/other.md": "",
        "README.md": "",
        "plans/README.md": "",
        "n.md": link,
    }
    run(app, "import", write(tmp_path / "vault", texts))
    assert notes(owner)["n"].draft.body == becomes


def test_importing_again_takes_nothing_twice(app: Flask, owner: int, tmp_path: Path) -> None:
    vault = write(tmp_path / "vault", VAULT | {"a.md": "![[a b.png]]", "b.md": "![[a b.png]] ![[0f3a.png]]"})
    assert "2 files came with them" in run(app, "import", vault).output
    before = stored()
    assert "0 notes imported, 2 here already" in run(app, "import", vault).output
    assert stored() == before


def test_what_is_too_much_is_refused_and_its_text_comes_in(
    make_app: Callable[..., Flask], owner: int, tmp_path: Path
) -> None:
    app = make_app(FILE_MEGABYTES="1")
    files: dict[str, str | bytes] = {
        "large.bin": bytes(1024 * 1024 + 1),
        "empty.png": b"",
        "a.md": "![[large.bin]] ![[empty.png]]",
    }
    result = run(app, "import", write(tmp_path / "vault", files))
    assert result.exit_code == 1
    assert "refused: large.bin: This file is too large" in result.stderr
    assert "refused: empty.png: This file is empty" in result.stderr
    assert notes(owner)["a"].draft.body == files["a.md"]


def test_a_file_that_was_refused_comes_when_the_import_is_repeated(app: Flask, owner: int, tmp_path: Path) -> None:
    vault = write(tmp_path / "vault", VAULT | {"a.md": "first\n\n![[a b.png]]\n\nlast", "b.md": "![[a b.png]]"})
    app.config["ACCOUNT_MEGABYTES"] = 0
    run(app, "import", vault)
    edited = notes(owner)["a"]
    body = edited.draft.body.replace("last", "my own")
    note_service.save(owner, edited.id, 1, Draft("a", body, edited.draft.tags))
    app.config["ACCOUNT_MEGABYTES"] = 1
    assert "0 notes imported, 2 here already" in run(app, "import", vault).output
    [file] = service.each(owner)
    assert notes(owner)["a"].draft.body == f"first\n\n{service.in_text(file)}\n\nmy own"
    assert notes(owner)["b"].draft.body == service.in_text(file)
    assert file.unused_at is None
    before = stored()
    run(app, "import", vault)
    assert stored() == before


def test_a_refused_file_of_an_export_comes_when_the_import_is_repeated(
    app: Flask, owner: int, pile: list[service.File], tmp_path: Path
) -> None:
    before, content = stored(), all_files(owner)
    run(app, "export", tmp_path / "out")
    forget_everything()
    app.config["ACCOUNT_MEGABYTES"] = 0
    assert "2 notes imported" in run(app, "import", tmp_path / "out").output
    app.config["ACCOUNT_MEGABYTES"] = 1
    assert "2 here already" in run(app, "import", tmp_path / "out").output
    content.pop("in no note.png")
    assert all_files(owner) == content
    assert all(file.unused_at is None for file in service.each(owner))
    assert stored()["file_use"] == before["file_use"]


def test_a_site_that_keeps_no_files_takes_the_texts(make_app: Callable[..., Flask], owner: int, tmp_path: Path) -> None:
    app = make_app(ACCOUNT_MEGABYTES="0")
    result = run(app, "import", write(tmp_path / "vault", VAULT | {"a.md": "![[a b.png]]"}))
    assert result.exit_code == 0
    assert f"skipped: pictures/a b.png: {attachments.NONE_KEPT}" in result.stderr
    assert notes(owner)["a"].draft.body == "![[a b.png]]"


def test_a_damaged_member_of_an_archive_is_refused(app: Flask, owner: int, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "vault.zip", "w") as archive:
        archive.writestr("a.png", PNG)
        archive.writestr("a.md", "![[a.png]]")
    damaged = (tmp_path / "vault.zip").read_bytes().replace(PNG[20:], PNG[20:][::-1])
    (tmp_path / "vault.zip").write_bytes(damaged)
    assert "refused: a.png: damaged" in run(app, "import", tmp_path / "vault.zip").stderr
    assert notes(owner)["a"].draft.body == "![[a.png]]"


def test_a_store_in_trouble_ends_the_import_before_its_note(
    app: Flask, owner: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable

    vault = write(tmp_path / "vault", VAULT | {"a.md": "![[a b.png]]"})
    with monkeypatch.context() as broken:
        broken.setattr(FolderStore, "put", fail)
        result = run(app, "import", vault)
    assert (result.exit_code, notes(owner)) == (1, {})
    assert "1 note imported" in run(app, "import", vault).output


@pytest.mark.slow
@on_sqlite
@pytest.mark.parametrize("name", ["vault", "vault.zip"])
def test_what_is_hostile_does_no_harm(app: Flask, owner: int, tmp_path: Path, name: str) -> None:
    hostile = {f"{hashlib.sha256(one.label.encode()).hexdigest()}.bin": one.content for one in corpus()}
    vault = write(tmp_path / "vault", hostile | {"a.md": "\n".join(f"![[{name}]]" for name in hostile)})
    if name == "vault.zip":
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_STORED) as archive:
            for path in vault.iterdir():
                archive.write(path, path.name)
            for number, one in enumerate(corpus()):
                archive.writestr(f"names/{number}{one.name}".encode(errors="replace").decode(), one.content)
    result = run(app, "import", tmp_path / name)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output
    assert {one.sha256 for one in service.each(owner)} == {hashlib.sha256(one).digest() for one in hostile.values()}
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name or "passwd" in path.name]


PIECES = st.sampled_from(
    ["/files/", "../", "..", "/", "files/", "12", "7/a.png", " ", "(", ".", "a", "https:", "é", "\n", "007"]
)


@given(st.lists(PIECES).map("".join))
def test_a_link_that_is_led_out_and_back_is_as_it_was(text: str) -> None:
    out = attachments.lead_out(text)
    assert attachments.lead_back(out, lambda number: number) == text


SLOW = ["](", "[[", "![[", 'src="', "](a(", "]((x)", "](a" + " " * 20, "[a]: ", "<", "../", "/files/1", "](<", "[[a|"]
SLOW += ["](x 'y", " ", '](a "b" ', "\\", "](%41)", "[[%2e%2e/]]", "](#)", "[a](b)", "`[a](b)", "`"]


@pytest.mark.parametrize("piece", SLOW)
def test_no_text_takes_longer_than_its_length(piece: str) -> None:
    found = attachments.Attachments(1, SingleFile(Path("a.png")), ["x/a.png"])
    text = piece * (400_000 // len(piece))
    began = time.process_time()
    for whole in (text, f"]({text})", f"[a]: x{text}"):
        assert found.take_along("x/note.md", whole, []) == whole
        assert attachments.lead_back(attachments.lead_out(whole), int) == whole
    assert time.process_time() - began < 5
