"""Whatever is sent, the API answers with one of its errors; nothing hostile is ever our fault."""

from __future__ import annotations

import time

import pytest
from flask import Flask

from devtools.api_client import BASE, ApiClient

from . import hostile


def faults(api: ApiClient) -> list[str]:
    """Return the requests that are answered with 5xx, in another shape than a problem's, or slowly."""
    note = api.create_note()
    found = []
    for number, (method, path, headers, body) in enumerate(hostile.lines(f"/notes/{note['id']}")):
        began = time.monotonic()
        sent = {"Authorization": f"Bearer {api.token}"} | headers
        response = api.client.open(BASE + path, method=method, headers=sent, data=body)
        is_problem = response.status_code < 400 or response.mimetype == "application/problem+json" or method == "HEAD"
        if response.status_code >= 500 or not is_problem or time.monotonic() - began > 5:
            found.append(f"{number}: {method} {path[:80]} {str(headers)[:200]} {body[:80]!r}: {response.status}")
    return found


@pytest.mark.slow
def test_nothing_hostile_is_our_fault(api: ApiClient) -> None:
    assert sum(1 for _ in hostile.lines("/notes/1")) > 300
    assert faults(api) == []


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_planted_fault_is_found(app: Flask, api: ApiClient) -> None:
    view = app.view_functions["notes_api.list_tags"]

    def crashes(**_: object) -> str:
        raise ZeroDivisionError

    crashes.__dict__.update(view.__dict__)
    app.view_functions["notes_api.list_tags"] = crashes
    assert len(faults(api)) > 10
