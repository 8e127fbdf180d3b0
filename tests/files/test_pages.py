"""Files by a browser: sent from the editor, shown inline where they are what they say, a download otherwise."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.files import service
from app.files.serving import Changed
from app.files.store import CHUNK, Store
from devtools.forms import csrf_token
from files.conftest import HTML, PDF, PNG, SVG, add, send


def test_the_editor_sends_a_file_and_learns_what_to_write(alice: FlaskClient) -> None:
    answer = send(alice, name="my [cat].png")
    assert answer.status_code == 201
    assert answer.json["text"] == f"![my \\[cat\\].png]({answer.json['address']})"
    shown = alice.get(answer.json["address"])
    assert (shown.status_code, shown.data, shown.mimetype) == (200, PNG, "image/png")


def test_a_form_with_a_file_is_taken_too(alice: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(alice, "/notes/new"), "file": (io.BytesIO(PDF), "../../etc/report.pdf")}
    answer = alice.post("/files", data=form, content_type="multipart/form-data")
    assert answer.status_code == 201
    assert answer.json is not None
    assert answer.json["text"].startswith("[report.pdf (68 bytes)](/files/")


def test_nothing_is_taken_without_the_forms_token_or_without_a_file(alice: FlaskClient) -> None:
    assert alice.post("/files", data=PNG, content_type="image/png").status_code == 400
    form = {"csrf_token": csrf_token(alice, "/notes/new")}
    assert alice.post("/files", data=form).status_code == 422
    assert alice.post("/files", data=form, content_type="multipart/form-data").status_code == 422


def test_a_strangers_browser_gets_nothing(
    app: Flask, alice: FlaskClient, bob: FlaskClient, client: FlaskClient
) -> None:
    address = send(alice).json["address"]
    assert bob.get(address).status_code == 404
    assert client.get(address).status_code == 303


@pytest.mark.parametrize("content", [HTML, SVG, b"MZ\x90", b"plain text", b"GIF8", b"<?xml version='1.0'?>"])
def test_what_no_page_should_show_is_a_download_of_no_type(alice: FlaskClient, content: bytes) -> None:
    answer = alice.get(send(alice, content, "picture.png").json["address"])
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert answer.data == content


@pytest.mark.parametrize("content", [PNG, PDF, HTML])
def test_nothing_that_is_sent_can_run_or_be_used_by_another_site(alice: FlaskClient, content: bytes) -> None:
    answer = alice.get(send(alice, content).json["address"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert ("sandbox" in policy) == (content != PDF)
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"


def test_a_name_cannot_leave_its_header(alice: FlaskClient) -> None:
    answer = alice.get(send(alice, name='a"b\r\nX-Evil: 1;ü.png').json["address"])
    assert "X-Evil" not in answer.headers
    assert answer.headers["Content-Disposition"] == (
        "inline; filename=\"a_b X-Evil_ 1__.png\"; filename*=UTF-8''a_b%20X-Evil_%201%3B%C3%BC.png"
    )


def test_a_part_is_sent_where_it_is_asked_for(alice: FlaskClient) -> None:
    address = send(alice).json["address"]
    part = alice.get(address, headers={"Range": "bytes=1-3"})
    assert (part.status_code, part.data) == (206, PNG[1:4])
    assert part.headers["Content-Range"] == f"bytes 1-3/{len(PNG)}"
    assert alice.get(address, headers={"Range": f"bytes={len(PNG)}-"}).status_code == 416
    again = alice.get(address, headers={"If-None-Match": part.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    head = alice.head(address)
    assert (head.data, head.headers["Content-Length"]) == (b"", str(len(PNG)))


def test_a_damaged_content_is_an_error_and_never_a_picture(owner: int, store: Store, alice: FlaskClient) -> None:
    added = add(owner)
    store.put(owner, added.sha256, io.BytesIO(PNG[:-1] + b"\0"))
    answer = alice.get(f"/files/{added.id}")
    assert (answer.status_code, answer.mimetype) == (500, "text/html")
    store.delete(owner, added.sha256)
    assert alice.get(f"/files/{added.id}").status_code == 500


def test_the_last_bytes_of_a_large_damaged_content_are_not_sent(owner: int, store: Store, alice: FlaskClient) -> None:
    content = b"x" * (3 * 1024 * 1024)
    added = add(owner, content, "x.bin")
    store.put(owner, added.sha256, io.BytesIO(content[:-1] + b"y"))
    answer = alice.get(f"/files/{added.id}")
    chunks = answer.iter_encoded()
    sent = b"".join(next(chunks) for _ in range(len(content) // CHUNK - 1))
    with pytest.raises(Changed):
        next(chunks)
    assert content.startswith(sent)
    answer.close()


def test_a_request_larger_than_a_file_may_be_is_refused_before_it_is_read(app: Flask, alice: FlaskClient) -> None:
    app.config["FILE_MEGABYTES"] = 1
    answer = send(alice, b"x" * (3 * 1024 * 1024))
    assert answer.status_code == 413
    with app.app_context():
        assert service.largest() == 1024 * 1024


def test_other_forms_stay_as_small_as_they_were(alice: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(alice, "/notes/new"), "body": "x" * (3 * 1024 * 1024)}
    assert alice.post("/trash/empty", data=form).status_code == 413


def test_the_page_of_files_tells_the_limits_and_what_is_taken(app: Flask, alice: FlaskClient) -> None:
    assert "0 bytes of 1.0 GiB are taken, by 0 files" in alice.get("/files").text
    address = send(alice).json["address"]
    page = alice.get("/files").text
    assert f"{len(PNG)} bytes of 1.0 GiB are taken, by 1 file." in page
    assert address in page
    assert "One file may have up to 25 MiB" in page
    assert "All together may have 1024 MiB, one of them 25 MiB" in alice.get("/account").text


def test_a_form_that_was_cut_off_stores_nothing_of_its_file(app: Flask, alice: FlaskClient) -> None:
    form = {"csrf_token": csrf_token(alice, "/notes/new"), "file": FileStorage(io.BytesIO(PDF * 5000), "a.pdf")}
    boundary, body = encode_multipart(form)
    kind = f"multipart/form-data; boundary={boundary}"
    assert alice.post("/files", data=body[: len(body) // 2], content_type=kind).status_code >= 400
    assert alice.post("/files", data=body[:-20], content_type=kind).status_code >= 400
    assert "by 0 files" in alice.get("/files").text
    assert alice.post("/files", data=body, content_type=kind).status_code == 201
