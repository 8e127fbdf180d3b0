"""The form of a note takes files without a script: they stand at the end of its text, whatever else is refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage

from app.accounts.sessions import Account
from app.files import links, service
from app.notes import markdown
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools import forms, people
from files.conftest import PDF, PNG, post_form

MEGABYTE = 1024 * 1024


def fields(browser: FlaskClient, path: str = "/notes/new") -> dict[str, Any]:
    form = BeautifulSoup(browser.get(path).text, "html.parser").select("#note")[0]
    return {str(field["name"]): field.get("value", "") for field in form.select("input[type=hidden]")}


def sent(name: str, content: bytes) -> FileStorage:
    return FileStorage(io.BytesIO(content), name)


def test_files_of_a_new_note_stand_at_the_end_of_its_text(
    app: Flask, alice: FlaskClient, cast: dict[str, Account]
) -> None:
    form = fields(alice) | {
        "title": "With files",
        "body": "A text.",
        "files": [sent("a cat.png", PNG), sent("b.pdf", PDF)],
    }
    answer = post_form(alice, "/notes", form)
    assert answer.status_code == 303
    with app.app_context():
        note = notes.get(cast["alice"].id, int(answer.headers["Location"].rpartition("/")[2]))
        picture, document = service.of_note(cast["alice"].id, note.id)
    assert note.draft.body == (
        f"A text.\n\n![a cat.png](/files/{picture.id}/a%20cat.png)\n\n[b.pdf (68 bytes)](/files/{document.id}/b.pdf)"
    )
    page = BeautifulSoup(alice.get(answer.headers["Location"]).text, "html.parser")
    assert alice.get(page.select(".prose img")[0]["src"]).data == PNG


def test_a_form_that_is_sent_twice_makes_one_note_and_one_file(
    app: Flask, alice: FlaskClient, cast: dict[str, Account]
) -> None:
    form = fields(alice) | {"title": "Once", "body": ""}
    places = [post_form(alice, "/notes", form | {"files": [sent("a.png", PNG)]}).headers["Location"] for _ in range(2)]
    assert places[0] == places[1]
    with app.app_context():
        assert service.usage(cast["alice"].id).files == 1


def test_an_edit_takes_files_too(app: Flask, alice: FlaskClient, cast: dict[str, Account]) -> None:
    with app.app_context():
        note = notes.create(cast["alice"].id, Draft("A note", "before"), "key")
    form = fields(alice, f"/notes/{note.id}/edit") | {"title": "A note", "body": "after", "files": [sent("a.png", PNG)]}
    assert post_form(alice, f"/notes/{note.id}", form).status_code == 303
    with app.app_context():
        body = notes.get(cast["alice"].id, note.id).draft.body
    assert body.startswith("after\n\n![a.png](/files/")


def test_a_file_that_is_refused_takes_no_text_with_it(app: Flask, alice: FlaskClient) -> None:
    app.config["FILE_MEGABYTES"] = 1
    files = [sent("small.png", PNG), sent("large.bin", b"x" * (MEGABYTE + 1))]
    form = fields(alice) | {"title": "T", "body": "A long text.", "files": files}
    answer = post_form(alice, "/notes", form)
    assert answer.status_code == 422
    page = BeautifulSoup(answer.text, "html.parser")
    assert page.select("#files-fault")[0].text.startswith("large.bin: This file is too large: 1.0 MiB")
    assert page.select("#body")[0].text.strip().startswith("A long text.\n\n![small.png](/files/")


def test_a_file_that_came_with_a_refused_text_is_in_the_form_that_comes_back(alice: FlaskClient) -> None:
    form = fields(alice) | {"title": "x" * 500, "body": "Text", "files": [sent("a.png", PNG)]}
    answer = post_form(alice, "/notes", form)
    assert answer.status_code == 422
    assert "![a.png](/files/" in BeautifulSoup(answer.text, "html.parser").select("#body")[0].text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_site_that_keeps_no_files_offers_none_and_refuses_them(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(FILES_STORE="none", FILES_FOLDER=str(tmp_path / "files"))
    cast = people.create_accounts(app)
    browser = forms.sign_in(app.test_client(), "alice")
    assert 'type="file"' not in browser.get("/notes/new").text
    assert "Your files" not in browser.get("/account").text
    form = fields(browser) | {"title": "T", "body": "A long text.", "files": [sent("a.png", PNG)]}
    answer = post_form(browser, "/notes", form)
    assert answer.status_code == 422
    assert "a.png: This site keeps no files." in answer.text
    assert "A long text." in answer.text
    large = {"files": [sent("a.bin", b"x" * (3 * MEGABYTE))]}
    assert post_form(browser, "/notes", fields(browser) | large).status_code == 413
    bearer = {"Authorization": f"Bearer {people.create_token(app, cast['alice'].id)}"}
    refused = app.test_client().post("/api/v1/files?name=a.png", data=PNG, headers=bearer, content_type="image/png")
    assert (refused.status_code, refused.get_json()["detail"]) == (422, "This site keeps no files.")
    assert not (tmp_path / "files").exists()


def test_nobody_fills_the_disk_without_an_account(client: FlaskClient) -> None:
    form = {"files": [sent("a.bin", b"x" * (3 * MEGABYTE))]}
    assert post_form(client, "/notes", form).status_code == 413


@pytest.mark.parametrize(
    ("text", "selector"),
    [
        ("![a](/files/1/a.png)", "img[src='/files/1/a.png'][alt=a]"),
        ("![a film](/files/1/a.mp4)", "video[src='/files/1/a.mp4'][controls][preload=metadata][aria-label='a film']"),
        ("![a](/files/1/a%20b.OGG)", "audio[src='/files/1/a%20b.OGG'][controls]"),
        ("[a.pdf (1 KB)](/files/1/a.pdf)", "a[href='/files/1/a.pdf']:not([target])"),
    ],
)
def test_files_are_shown_played_and_linked(text: str, selector: str) -> None:
    assert len(BeautifulSoup(markdown.render(text), "html.parser").select(selector)) == 1


@pytest.mark.parametrize(
    "text",
    ["![a](https://example.org/files/1/a.mp4)", "![a](/elsewhere/a.mp4)", "<video src='/files/1/a.mp4'></video>"],
)
def test_nothing_else_is_played(text: str) -> None:
    assert not BeautifulSoup(markdown.render(text), "html.parser").select("video")


@pytest.mark.parametrize("name", ["a.png", "[x](y).png", "**b** _c_.png", "a `b` <c> $d$.png", "a\\b!.png", "(((.png"])
@pytest.mark.parametrize("is_shown", [True, False])
def test_a_name_is_a_name_and_no_markdown(name: str, is_shown: bool) -> None:
    page = BeautifulSoup(markdown.render(links.markdown(7, name, 10, is_shown=is_shown)), "html.parser")
    if is_shown:
        [picture] = page.select("img")
        assert (picture["alt"], picture["src"]) == (name, links.address(7, name))
    else:
        [link] = page.select("a")
        assert (link.text, link["href"]) == (f"{name} (10 bytes)", links.address(7, name))
        assert page.text.strip() == f"{name} (10 bytes)"
    assert links.find(str(page)) == {7}


def test_an_address_is_found_wherever_it_stands_in_a_text() -> None:
    text = (
        "![a](/files/1/a) <https://notes.example/files/2> [b]: /files/3/b `/files/4` /files/99999999999999999 /files/0"
    )
    assert links.find(text) == {1, 2, 3, 4}


@pytest.mark.parametrize(
    ("size", "words"),
    [(1, "1 byte"), (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (1023 * 1024, "1.0 MiB")],
)
def test_a_size_is_told_as_people_read_it(size: int, words: str) -> None:
    assert links.size_in_words(size) == words
