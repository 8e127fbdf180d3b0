"""Everything of an account goes out while it is read: nothing waits for the last file, in memory or on a disk."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge.https_browser import submit
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite

from app.accounts import service as accounts
from app.files import claims
from app.files.store import StoreUnavailable
from app.notes.transfer import attachments
from devtools.app_server import gunicorn
from devtools.forms import csrf_token
from devtools.people import PASSWORD, Cast, email
from files.conftest import add
from files.test_large import CONTENT, ROOM, most_memory

pytestmark = on_sqlite

PARTS = 4  # files of some megabytes


@pytest.fixture
def sent(app: Flask, alice: FlaskClient, cast: Cast) -> Any:
    """The parts of the answer, of which the first has arrived."""
    with app.app_context():
        for number in range(PARTS):
            add(cast["alice"].id, CONTENT[: 4 << 20] + bytes([number]), f"{number}.bin")
    form = {"csrf_token": csrf_token(alice, "/account")}
    answer = alice.post("/account/export", data=form, buffered=False)
    assert answer.status_code == 200
    assert next(iter(answer.response))
    return answer.response


def break_store(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> Any:
        raise StoreUnavailable

    monkeypatch.setattr(claims.store.of(app), "open", fail)


def test_a_store_that_fails_on_the_way_leaves_it_incomplete(
    app: Flask, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_store(app, monkeypatch)
    with pytest.raises(StoreUnavailable):
        list(sent)


def test_an_account_that_is_suspended_on_the_way_gets_no_more(app: Flask, cast: Cast, sent: Any) -> None:
    with app.app_context():
        accounts.suspend(cast["alice"].id)
    with pytest.raises(ConnectionResetError):
        list(sent)


def test_whoever_goes_away_leaves_nothing_open(sent: Any) -> None:
    sent.close()


def test_a_store_that_does_not_answer_is_told_on_a_page(
    app: Flask, alice: FlaskClient, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        add(cast["alice"].id)
    form = {"csrf_token": csrf_token(alice, "/account")}
    break_store(app, monkeypatch)
    assert alice.post("/account/export", data=form).status_code == 503


@pytest.mark.server
def test_a_large_account_takes_little_memory(app: Flask, cast: Cast, database_url: str, tmp_path: Path) -> None:
    with app.app_context():
        files = [add(cast["alice"].id, CONTENT[number:], f"{number}.bin") for number in range(8)]
    with (
        gunicorn(tmp_path, database_url, WEB_CONCURRENCY="1") as server,
        httpx.Client(base_url=server.address, timeout=60) as browser,
    ):
        submit(browser, "/sign-in", email=email("alice"), password=PASSWORD)
        before = most_memory(server)
        answer = submit(browser, "/account/export", at="/account")
        assert most_memory(server) - before <= ROOM
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert all(archive.getinfo(attachments.path_of(one)).file_size == one.size for one in files)
