"""What tests of files share: contents of each kind, and how they are sent."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse, encode_multipart

from app.files import claims, service
from app.files.service import File
from app.files.store import Store
from devtools import s3
from devtools.dynamodb import CREDENTIALS, server
from devtools.forms import csrf_token

STORES = ["folder", pytest.param("s3", marks=pytest.mark.server)]
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def add(owner: int, content: bytes = PNG, name: str = "cat.png", key: str | None = None) -> File:
    return service.add(owner, io.BytesIO(content), name, key)


def send(browser: FlaskClient, content: bytes = PNG, name: str = "cat.png", **headers: str) -> Any:
    """Send a file as the editor does."""
    given = {"X-CSRFToken": csrf_token(browser, "/notes/new")} | headers
    return browser.post(
        "/files", query_string={"name": name}, data=content, headers=given, content_type="application/octet-stream"
    )


def post_form(browser: FlaskClient, path: str, form: Mapping[str, Any]) -> TestResponse:
    """Send a form with files; the browser's own way leaves a temporary file open."""
    boundary, body = encode_multipart(form)
    return browser.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.fixture(scope="session")
def emulated_s3() -> Iterator[str]:
    """The address of an emulated S3, one for each process of pytest."""
    with server() as (address, _):
        yield address


@pytest.fixture
def store(context: Flask) -> Store:
    return claims.store.of(context)


@pytest.fixture
def app_with_store(
    request: pytest.FixtureRequest, make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Flask]:
    """Make an app whose files are in one of STORES."""

    def make(store: str) -> Flask:
        if store == "folder":
            return make_app()
        address = request.getfixturevalue("emulated_s3")
        for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        bucket = f"files-{uuid.uuid4().hex}"
        s3.create_bucket(address, bucket)
        return make_app(FILES_STORE="s3", FILES_BUCKET=bucket, FILES_PREFIX="files/", AWS_REGION=s3.REGION)

    return make
