"""A client that is generated from the description does what the walk-through of docs/api.md does."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from flask import Flask

from devtools.people import Cast, create_token

pytestmark = pytest.mark.slow

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"
PACKAGE = "generated_client"


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a client made from the copy of the description."""
    folder = tmp_path_factory.mktemp("generated")
    (folder / "settings.json").write_text(json.dumps({"post_hooks": []}))  # it is not for people to read
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--path", str(COPY), "--meta", "none"]
    command += ["--config", str(folder / "settings.json"), "--output-path", str(folder / PACKAGE)]
    made = subprocess.run(command, capture_output=True, check=False, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    # Lines of JSON, which the export is, are none of the types that the generator knows how to read.
    printed = made.stdout + made.stderr
    assert [line for line in printed.splitlines() if line.startswith("WARNING")] == [
        "WARNING parsing GET /api/v1/export within notes."
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder / PACKAGE


class Client:
    """Calls the operations of the generated package by their names."""

    def __init__(self, app: Flask, token: str) -> None:
        package = importlib.import_module(PACKAGE)
        transport = httpx.WSGITransport(app)
        self.client = package.AuthenticatedClient("http://localhost", token, httpx_args={"transport": transport})
        self.models = importlib.import_module(f"{PACKAGE}.models")

    def __call__(self, operation: str, /, *arguments: Any, **more: Any) -> Any:
        """Return the answer as the client read it. Raises AssertionError for a problem."""
        answer = self.detailed(operation, *arguments, **more)
        assert answer.status_code < 400, answer.content
        return answer.parsed

    def detailed(self, operation: str, /, *arguments: Any, **more: Any) -> Any:
        return self.module(operation).sync_detailed(*arguments, client=self.client, **more)

    def module(self, operation: str) -> ModuleType:
        section, _, name = operation.partition(".")
        return importlib.import_module(f"{PACKAGE}.api.{section}.{name}")

    def model(self, name: str, /, **fields: Any) -> Any:
        return getattr(self.models, name).from_dict(fields)


@pytest.fixture
def call(generated: Path, app: Flask, cast: Cast) -> Client:
    return Client(app, create_token(app, cast["alice"].id))


def test_every_module_can_be_imported(generated: Path) -> None:
    names = [str(file.relative_to(generated.parent).with_suffix("")) for file in generated.rglob("*.py")]
    assert len(names) > 50
    for name in names:
        importlib.import_module(name.replace("/", ".").removesuffix(".__init__"))


def test_a_note_is_created_changed_found_and_deleted(call: Client) -> None:
    fence = {"title": "Paint the fence", "tags": ["garden"], "status": "open", "due_on": "2026-05-01"}
    made = [call("notes.create_note", body=call.model("NewNote", **fence), idempotency_key="first") for _ in range(2)]
    assert made[0].id == made[1].id
    note = call("notes.patch_note", made[0].id, body=call.model("NotePatch", body="Two coats."), if_match='"1"')
    assert (note.version, note.body, note.title) == (2, "Two coats.", "Paint the fence")
    late = call.detailed("notes.patch_note", note.id, body=call.model("NotePatch", body="Three."), if_match='"1"')
    assert (late.status_code, late.parsed.current.version) == (HTTPStatus.PRECONDITION_FAILED, 2)
    put = call("notes.replace_note", note.id, body=call.model("WholeNote", title="Whole"), if_match='"2"')
    assert (put.title, put.tags, put.place) == ("Whole", [], "notes")
    assert [item.title for item in call("notes.list_notes", q="whole").items] == ["Whole"]
    assert call.detailed("notes.delete_note", note.id, if_match='"3"').status_code == HTTPStatus.NO_CONTENT
    assert [item.id for item in call("notes.list_trash").items] == [note.id]


def test_tasks_tags_history_and_batches_are_reached(call: Client) -> None:
    body = call.model("NewNote", title="t", tags=["old"], status="open")
    note = call("notes.create_note", body=body)
    assert [item.id for item in call("tasks.list_tasks").items] == [note.id]
    call("tasks.set_status", note.id, body=call.model("StatusChange", status="done"))
    assert call("tags.rename_tag", "old", body=call.model("TagName", name="new")).changed == 1
    assert [tag.name for tag in call("tags.list_tags").items] == ["new"]
    assert [item.version for item in call("history.list_revisions", note.id).items] == [2, 1]
    assert call("history.get_revision", note.id, 1).tags == ["old"]
    assert call("history.restore_note", note.id, body=call.model("VersionToRestore", version=1)).tags == ["old"]
    steps = [
        {"do": "create", "note": {"title": "Buy paint"}},
        {"do": "update", "id": note.id, "version": 4, "note": {"title": "u"}},
        {"do": "delete", "id": note.id, "version": 1},
    ]
    result = call("notes.batch_notes", body=call.model("Batch", operations=steps))
    assert [one.status for one in result.results] == [201, 200, 412]


def test_changes_and_entries_are_reached_and_the_export_read(call: Client) -> None:
    note = call("notes.create_note", body=call.model("NewNote", title="t"))
    page = call("changes.list_changes")
    assert [change.note.title for change in page.items] == ["t"]
    later = call("changes.list_changes", changed_since=page.changed_since)
    assert (later.items, later.next_) == ([], None)
    lines = call.detailed("notes.export_notes").content.splitlines()
    assert [json.loads(line)["note"]["id"] for line in lines] == [note.id]
    entry = call("entries.create_entry", body=call.model("NewEntry", username="dora", number="00123456"))
    assert call("entries.latest_entry") == entry
    assert call("entries.list_entries", username="dora").items == [entry]
