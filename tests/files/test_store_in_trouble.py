"""While the store of files does not answer, notes go on working, and whoever wants a file is told to come back."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import Conflict
from app.files import claims, collecting, service
from app.files.folder import FolderStore
from app.files.store import NotReached, StoreUnavailable
from app.jobs import queue, worker
from app.notes import service as notes
from app.notes.drafts import Draft
from devtools import forms
from devtools.dynamodb import CREDENTIALS
from devtools.people import Cast
from devtools.processes import free_port
from files.conftest import PNG, add, send

S3_THAT_IS_GONE = {"FILES_STORE": "s3", "FILES_BUCKET": "files-that-are-gone"}


@pytest.fixture(params=["folder", "s3"])
def app(request: pytest.FixtureRequest, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application whose store is gone."""
    if request.param == "s3":
        for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}).items():
            monkeypatch.setenv(name, value)
        return make_app(**S3_THAT_IS_GONE)
    made = make_app()
    store = claims.store.of(made)
    assert isinstance(store, FolderStore)
    store.folder.write_text("in the way")
    return made


def test_sending_says_that_nothing_was_changed_and_when_to_come_back(alice: FlaskClient) -> None:
    answer = send(alice, Accept="application/json")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "notes go on working" in answer.json["detail"]


def test_notes_are_read_and_written_all_the_same(app: Flask, alice: FlaskClient, cast: Cast) -> None:
    with app.app_context():
        note = notes.create(cast["alice"].id, Draft("A note", "![a](/files/1/a.png)"), "key")
    for path in ("/notes", f"/notes/{note.id}", f"/notes/{note.id}/edit", "/files", "/account"):
        assert alice.get(path).status_code == 200, path
    form = {"csrf_token": forms.csrf_token(alice, "/notes/new"), "title": "B", "body": "text", "key": "other"}
    assert alice.post("/notes", data=form).status_code == 303


def test_the_job_is_tried_again_later(app: Flask, cast: Cast) -> None:
    with app.app_context():
        worker.schedule()
        worker.run_all()
        [job] = [job for job in queue.list_jobs() if job.kind == collecting.KIND]
    assert job.attempts > 0
    assert "Files cannot be reached" in (job.error or "")


def test_what_was_there_is_there_again_with_its_store(make_app: Callable[..., Flask], cast: Cast) -> None:
    made = make_app(FILES_FOLDER=f"{claims.store.of(make_app()).folder}-other")  # type: ignore[attr-defined]  # a folder
    with made.app_context():
        added = add(cast["alice"].id)
        store = claims.store.get()
        assert isinstance(store, FolderStore)
        moved = store.folder.rename(f"{store.folder}-away")
    alice = forms.sign_in(made.test_client(), "alice")
    assert alice.get(f"/files/{added.id}").status_code == 500
    shutil.move(moved, store.folder)
    assert alice.get(f"/files/{added.id}").data == PNG


@pytest.fixture
def well(make_app: Callable[..., Flask], tmp_path: Path) -> Flask:
    """An application on the same database, whose store is not in trouble."""
    return make_app(FILES_FOLDER=str(tmp_path / "well"))


def test_what_was_deleted_while_s3_was_gone_can_be_sent_again_at_once(
    make_app: Callable[..., Flask], well: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = cast["alice"].id
    with well.app_context():
        before = [add(owner, PNG + bytes([number])) for number in range(2)]
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}).items():
        monkeypatch.setenv(name, value)
    with make_app(**S3_THAT_IS_GONE).app_context(), pytest.raises(NotReached):
        service.remove_unused(owner, before)
    with well.app_context():
        after = [add(owner, PNG + bytes([number])) for number in range(2)]
    assert {one.id for one in after}.isdisjoint(one.id for one in before)


def test_only_what_a_store_may_still_delete_is_kept_away(
    well: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, asked = cast["alice"].id, []

    def delete(_owner: int, sha256: bytes) -> None:
        asked.append(sha256)
        raise StoreUnavailable

    monkeypatch.setattr(claims, "SECONDS_FOR_DELETION", 0.0)
    with well.app_context():
        contents = [PNG + bytes([number]) for number in range(2)]
        files = [add(owner, content) for content in contents]
        with monkeypatch.context() as patched:
            patched.setattr(claims.store.get(), "delete", delete)
            with pytest.raises(StoreUnavailable):
                service.remove_unused(owner, files)
        [unsure] = [content for content, file in zip(contents, files, strict=True) if file.sha256 in asked]
        with pytest.raises(Conflict):
            add(owner, unsure)
        for content in {*contents} - {unsure}:
            add(owner, content)
