"""Importing, exporting and importing again: the same on a folder and on S3, and what a store refuses is tried again."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from transferring import forget_everything, notes, run, write

from app.files import claims, service
from app.files.folder import FolderStore
from app.files.s3 import S3Store
from app.files.store import Store
from app.notes.transfer import attachments
from devtools.forms import submit
from devtools.people import Cast
from files.conftest import PDF, PNG, STORES
from files.test_large import CONTENT

pytestmark = on_sqlite

FILES = {"assets/a b.png": PNG, "bill.pdf": PDF, "large.bin": CONTENT}


@pytest.fixture(params=STORES)
def app(request: pytest.FixtureRequest, app_with_store: Callable[[str], Flask]) -> Flask:
    return app_with_store(request.param)


@pytest.fixture
def vault(tmp_path: Path) -> Path:
    return write(tmp_path / "vault", FILES | {"n.md": "![[a b.png]] [bill](bill.pdf) [film](large.bin)"})


def contents(owner: int) -> dict[str, bytes]:
    return {one.name: b"".join(service.open_content(one, 0, one.size)) for one in service.each(owner)}


WANTED = {Path(name).name: content for name, content in FILES.items()}


def test_a_vault_comes_in_goes_out_and_comes_back(app: Flask, owner: int, vault: Path, tmp_path: Path) -> None:
    assert "1 note imported" in (said := run(app, "import", vault).output)
    assert "3 files came with them" in said
    assert contents(owner) == WANTED
    note = notes(owner)["n"]
    assert len(re.findall(r"/files/\d+/", note.draft.body)) == 3
    assert "1 note and 3 files exported" in run(app, "export", tmp_path / "out.zip").output
    forget_everything()
    assert "1 note imported" in run(app, "import", tmp_path / "out.zip").output
    assert (contents(owner), notes(owner)["n"].draft) == (WANTED, note.draft)


@contextmanager
def gone(store: Store) -> Iterator[None]:
    """Let the store refuse everything in the block."""
    if isinstance(store, S3Store):
        bucket, store.bucket = store.bucket, "files-that-are-gone"
        yield
        store.bucket = bucket
    elif isinstance(store, FolderStore):
        store.folder.write_text("in the way")
        yield
        store.folder.unlink()


def test_a_store_that_refuses_ends_the_import_which_goes_on_when_repeated(app: Flask, owner: int, vault: Path) -> None:
    with gone(claims.store.of(app)):
        result = run(app, "import", vault)
        assert (result.exit_code, "Traceback" in result.output, notes(owner)) == (1, False, {})
    assert "1 note imported" in run(app, "import", vault).output
    assert contents(owner) == WANTED


def test_everything_of_an_account_is_read_from_its_store(
    app: Flask, cast: Cast, alice: FlaskClient, vault: Path
) -> None:
    run(app, "import", vault)
    sent = io.BytesIO(submit(alice, "/account/export", at="/account").data)
    with app.app_context(), zipfile.ZipFile(sent) as archive:
        files = service.each(cast["alice"].id)
        assert {one.name: archive.read(attachments.path_of(one)) for one in files} == WANTED
