"""What a scan found malware in is given to nobody: S3 denies it by its tag, and the app says why."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from transferring import notes, run, write
from werkzeug.datastructures import FileStorage

from app.files.s3 import INFECTED
from app.files.service import File
from app.notes.transfer import exporting
from app.ops import metrics
from devtools import forms, s3
from devtools.dynamodb import CREDENTIALS
from devtools.people import Cast, create_token
from files.conftest import PNG, add, post_form, send

pytestmark = [on_sqlite, pytest.mark.server]

SENTENCE = "A scan found malware in this file"
CLEAN = {"Key": "GuardDutyMalwareScanStatus", "Value": "NO_THREATS_FOUND"}


class Bucket:
    """A bucket with the policy of terraform/modules/bucket, for objects with the tag that GuardDuty gives."""

    def __init__(self, address: str) -> None:
        self.client, self.name = s3.client(address), f"files-{uuid.uuid4().hex}"
        s3.create_bucket(address, self.name)
        self.deny({"StringEquals": {f"s3:ExistingObjectTag/{INFECTED['Key']}": INFECTED["Value"]}})

    def deny(self, condition: dict[str, Any]) -> None:
        actions = ["s3:GetObject", "s3:GetObjectVersion"]
        statement = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": f"arn:aws:s3:::{self.name}/*"}
        policy = {"Version": "2012-10-17", "Statement": [statement | ({"Condition": condition} if condition else {})]}
        self.client.put_bucket_policy(Bucket=self.name, Policy=json.dumps(policy))

    def tag(self, file: File, tag: dict[str, str]) -> None:
        key = f"files/{file.owner_id}/{file.sha256.hex()}"
        self.client.put_object_tagging(Bucket=self.name, Key=key, Tagging={"TagSet": [tag]})


@pytest.fixture
def bucket(emulated_s3: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": emulated_s3}).items():
        monkeypatch.setenv(name, value)
    return Bucket(emulated_s3)


@pytest.fixture
def app(bucket: Bucket, make_app: Callable[..., Flask]) -> Flask:
    return make_app(FILES_STORE="s3", FILES_BUCKET=bucket.name, FILES_PREFIX="files/")


@pytest.fixture
def infected(bucket: Bucket, owner: int) -> File:
    added = add(owner)
    bucket.tag(added, INFECTED)
    return added


def test_a_page_and_the_api_say_why_a_file_is_not_given_out(
    app: Flask, alice: FlaskClient, cast: Cast, infected: File
) -> None:
    before = metrics.FILES_WITHHELD._value.get()
    page = alice.get(f"/files/{infected.id}")
    bearer = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    answer = app.test_client().get(f"/api/v1/files/{infected.id}/content", headers=bearer)
    assert (page.status_code, answer.status_code) == (403, 403)
    assert SENTENCE in page.text
    assert SENTENCE in answer.get_json()["detail"]
    assert metrics.FILES_WITHHELD._value.get() == before + 2


def test_it_is_listed_and_can_be_deleted(alice: FlaskClient, infected: File) -> None:
    assert infected.name in alice.get("/files").text
    assert forms.submit(alice, f"/files/delete/{infected.id}").status_code == 303
    assert alice.get(f"/files/{infected.id}").status_code == 404


def test_sending_it_again_says_so_and_loses_no_text(alice: FlaskClient, infected: File) -> None:
    answer = send(alice, Accept="application/json")
    assert answer.status_code == 403
    assert SENTENCE in answer.json["detail"]
    form = {"csrf_token": forms.csrf_token(alice, "/notes/new"), "title": "A title", "body": "my text", "key": "a key"}
    refused = post_form(alice, "/notes", form | {"files": [FileStorage(io.BytesIO(PNG), "cat.png")]})
    assert refused.status_code == 422
    assert SENTENCE in refused.text
    assert "my text" in refused.text


def test_a_check_names_it(app: Flask, infected: File) -> None:
    ran = app.test_cli_runner().invoke(args=["files", "check"])
    assert ran.exit_code == 1
    assert f"withheld: file {infected.id} of account {infected.owner_id}, cat.png" in ran.output


def test_what_a_scan_found_harmless_is_given_out(bucket: Bucket, alice: FlaskClient, owner: int) -> None:
    added = add(owner)
    bucket.tag(added, CLEAN)
    assert alice.get(f"/files/{added.id}").data == PNG


def test_another_refusal_of_s3_is_told_as_one(bucket: Bucket, alice: FlaskClient, owner: int) -> None:
    added = add(owner)
    bucket.tag(added, CLEAN)
    bucket.deny({"StringEquals": {f"s3:ExistingObjectTag/{CLEAN['Key']}": CLEAN["Value"]}})
    answer = alice.get(f"/files/{added.id}")
    assert answer.status_code == 503
    assert "notes go on working" in answer.text


def test_an_export_goes_without_it_and_says_so(infected: File, owner: int, tmp_path: Path) -> None:
    with exporting.open_target(tmp_path / "export", force=False) as target:
        exported = exporting.finish(exporting.export(owner, target, lambda _: None))
    assert (exported.files, len(exported.lost)) == (0, 1)


@pytest.mark.usefixtures("infected")
def test_an_import_of_it_says_so_and_brings_the_texts(app: Flask, owner: int, tmp_path: Path) -> None:
    vault = write(tmp_path / "vault", {"cat.png": PNG, "note.md": "![](cat.png)", "other.md": "a text"})
    ran = run(app, "import", vault)
    assert f"cat.png: {SENTENCE}" in ran.output
    assert {title: one.draft.body for title, one in notes(owner).items()} == {"note": "![](cat.png)", "other": "a text"}
