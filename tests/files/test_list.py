"""The page of one's files: which notes mention each, and those that none does can be deleted there."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from statements import heard
from werkzeug.test import TestResponse

from app.files import claims, service
from app.files.service import File
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools.forms import submit
from devtools.people import Cast
from files.conftest import PNG, add


def picture(app: Flask, owner: int, number: int, name: str = "a.png") -> File:
    with app.app_context():
        return add(owner, PNG + number.to_bytes(2, "big"), name)


def write(app: Flask, owner: int, title: str, *files: File) -> notes.Note:
    with app.app_context():
        body = "\n".join(map(service.in_text, files))
        return notes.create(owner, Draft(title, body), notes.new_key())


def items(answer: TestResponse) -> list[str]:
    found = BeautifulSoup(answer.data, "html.parser").select("main li")
    return [re.sub(r"\s+", " ", item.get_text()).strip() for item in found]


def delete(browser: FlaskClient, of: File) -> TestResponse:
    return submit(browser, f"/files/delete/{of.id}", at="/files")


@pytest.fixture
def owner(cast: Cast) -> int:
    return cast["alice"].id


def test_each_file_says_which_notes_mention_it(app: Flask, alice: FlaskClient, owner: int) -> None:
    used, unused, often = (picture(app, owner, number, f"{number}.png") for number in (1, 2, 3))
    note = write(app, owner, "Garden <b>", used)
    for number in range(5):
        write(app, owner, f"Often {number}", often)
    with app.app_context():
        notes.save(owner, note.id, 1, Draft("", "First line\nsecond"))
        notes.move(owner, note.id, "trash")
    assert items(alice.get("/files")) == [
        "3.png 72 bytes, in Often 0, Often 1, Often 2 and others",
        "2.png 72 bytes, in no note. Delete",
        "1.png 72 bytes, in First line (in the trash)",
    ]
    assert f"/files/delete/{unused.id}" in alice.get("/files").text


def test_a_file_that_no_note_mentions_is_deleted_when_asked_twice(app: Flask, alice: FlaskClient, owner: int) -> None:
    file = picture(app, owner, 1)
    asked = alice.get(f"/files/delete/{file.id}")
    assert "Delete it for good" in asked.text
    assert delete(alice, file).status_code == 303
    assert "“a.png” is gone for good." in alice.get("/files").text
    assert delete(alice, file).status_code == 404
    with app.app_context():
        assert service.usage(owner).files == 0
        assert list(claims.store.get().list(owner)) == []


def test_one_that_a_note_mentions_stays_and_says_which(app: Flask, alice: FlaskClient, owner: int) -> None:
    file = picture(app, owner, 1)
    write(app, owner, "Garden", file)
    asked = alice.get(f"/files/delete/{file.id}")
    assert "Garden" in asked.text
    assert "Delete it for good" not in asked.text
    assert delete(alice, file).status_code == 409
    assert items(alice.get("/files")) == ["a.png 72 bytes, in Garden"]


def test_a_strangers_file_is_not_there(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    file = picture(app, cast["bob"].id, 1)
    assert alice.get(f"/files/delete/{file.id}").status_code == 404
    assert delete(alice, file).status_code == 404
    with app.app_context():
        assert service.get(cast["bob"].id, file.id) == file


def test_many_files_are_on_several_pages(app: Flask, alice: FlaskClient, owner: int) -> None:
    for number in range(service.PAGE + 5):
        picture(app, owner, number, f"{number}.png")
    first = alice.get("/files")
    address = BeautifulSoup(first.data, "html.parser").select_one("a[rel=next]")
    assert address is not None
    second = alice.get(str(address["href"]))
    assert (len(items(first)), len(items(second))) == (service.PAGE, 5)
    assert "rel=next" not in second.text
    assert len(set(items(first) + items(second))) == service.PAGE + 5
    assert len(first.data) < 60_000
    for strange in ("-1", "0", "x", "9" * 30):
        assert alice.get(f"/files?before={strange}").status_code == 200


def test_a_page_of_files_takes_two_statements_beside_the_session(app: Flask, alice: FlaskClient, owner: int) -> None:
    for number in range(10):
        write(app, owner, f"{number}", picture(app, owner, number))
    alice.get("/files")
    with heard() as sent:
        alice.get("/files")
    assert len([statement for statement, _ in sent if "file" in statement]) == 2
