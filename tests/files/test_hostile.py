"""Files that somebody sends to do harm do none: on both stores, whatever they hold and are called."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable

import pytest
from flask import Flask
from on_databases import on_sqlite

from app.files import claims, names
from app.files.folder import FolderStore
from app.files.kinds import KINDS
from devtools import forms
from devtools.people import Cast, create_token
from files.conftest import STORES
from files.hostile import DOCUMENTS, NAMES, Hostile, corpus

FILES = "/api/v1/files"


@pytest.fixture(params=STORES)
def app(request: pytest.FixtureRequest, app_with_store: Callable[[str], Flask]) -> Flask:
    return app_with_store(request.param)


def test_there_are_enough_of_them() -> None:
    assert len(corpus()) >= 150
    assert len({one.label for one in corpus()}) == len(corpus())


@pytest.mark.slow
@on_sqlite
def test_what_is_hostile_is_refused_or_harmless(app: Flask, cast: Cast) -> None:
    program = app.test_client()
    program.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {create_token(app, cast['alice'].id)}"
    for one in corpus():
        name = one.name.encode("utf-8", "surrogatepass")
        sent = program.post(FILES, query_string={"name": name}, data=one.content, content_type="image/png")
        assert sent.status_code == 201, (one.label, sent.text)
        described = sent.get_json()
        check_name(one, described["name"])
        content = program.get(f"{FILES}/{described['id']}/content")
        assert content.data == one.content, one.label
    with app.app_context():
        store = claims.store.get()
        assert len(list(store.list())) == len({one.content for one in corpus()})
        if isinstance(store, FolderStore):
            outside = [path for path in store.folder.parent.iterdir() if "evil" in path.name or "passwd" in path.name]
            assert outside == []


def check_name(of: Hostile, name: str) -> None:
    assert name == names.clean(name), of.label
    assert 0 < len(name) <= names.LONGEST, of.label
    assert len(name.encode()) <= 255, of.label
    assert not set(name) & set('/\\\0<>:"|?*\r\n'), of.label
    assert not {unicodedata.category(sign) for sign in name} & names.UNSEEN, of.label


@pytest.mark.slow
@on_sqlite
def test_a_browser_is_told_no_type_that_runs(app: Flask, cast: Cast) -> None:
    alice = forms.sign_in(app.test_client(), "alice")
    token = forms.csrf_token(alice, "/notes/new")
    for one in corpus():
        headers = {"X-CSRFToken": token}
        sent = alice.post(f"/files?name={one.label}", data=one.content, headers=headers, content_type="text/html")
        assert sent.status_code == 201, one.label
        shown = alice.get(sent.get_json()["address"], headers={"Range": "bytes=0-99"})
        assert shown.mimetype in KINDS, one.label
        assert shown.headers["X-Content-Type-Options"] == "nosniff"
        policy = shown.headers["Content-Security-Policy"]
        assert "script-src" not in policy
        assert policy.startswith("default-src 'none'")
        assert "sandbox" in policy or shown.mimetype == "application/pdf", one.label
        if one.content in DOCUMENTS.values():
            assert shown.mimetype == "application/octet-stream", one.label
            assert shown.headers["Content-Disposition"].startswith("attachment;"), one.label


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_a_clean_name_stays_what_it_is(name: str) -> None:
    assert names.clean(names.clean(name)) == names.clean(name)
