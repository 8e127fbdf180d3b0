"""The commands of docs/api.md, run in their order against a real gunicorn, answer what the page says they do."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from devtools import app_server
from devtools.people import Cast, create_token

from . import walk_through
from .walk_through import holds


@pytest.mark.server
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_walk_through_answers_what_it_says(tmp_path: Path, database_url: str, app: Flask, cast: Cast) -> None:
    token = create_token(app, cast["alice"].id)
    with app_server.gunicorn(tmp_path, database_url) as served:
        assert walk_through.run(tmp_path, f"{served.address}/api/v1", token) > 10


def test_an_answer_that_is_another_is_found() -> None:
    assert holds({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]})
    assert not holds({"a": [{"b": 2}]}, {"a": [{"b": 1}]})
    assert not holds({"a": []}, {"a": [{"b": 1}]})
