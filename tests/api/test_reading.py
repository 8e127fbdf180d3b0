"""Bodies are read to the letter: nothing is guessed from a wrong type, and what was read does not change."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.notes.api_models import StatusChange
from devtools.api_client import ApiClient


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "1"),
        ("pinned", '"true"'),
        ("pinned", "1"),
        ("pinned", '"yes"'),
        ("tags", '"x"'),
        ("tags", '{"x": 1}'),
        ("status", "true"),
        ("due_on", "86400"),
        ("due_on", '"86400"'),
    ],
)
def test_nothing_is_guessed_from_a_wrong_type(api: ApiClient, field: str, value: str) -> None:
    body = f'{{"body": "text", "{field}": {value}}}'
    refused = api("POST", "/notes", data=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422
    assert [fault["field"] for fault in refused.get_json()["errors"]] == [field]


@pytest.mark.parametrize("version", ['"1"', "1.0", "1.5", "true", "1e0"])
def test_a_version_is_a_whole_number(api: ApiClient, version: str) -> None:
    path = f"/notes/{api.create_note()['id']}/restore"
    body = f'{{"version": {version}}}'
    refused = api("POST", path, data=body, headers={"Content-Type": "application/json"})
    assert [fault["field"] for fault in refused.get_json()["errors"]] == ["version"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_only_javascript_takes_for_a_number_is_no_version(api: ApiClient, number: str) -> None:
    path = f"/notes/{api.create_note()['id']}/restore"
    body = f'{{"version": {number}}}'
    assert api("POST", path, data=body, headers={"Content-Type": "application/json"}).status_code == 422


def test_what_was_read_does_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        StatusChange(status="done").status = "open"
