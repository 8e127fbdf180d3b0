"""The version is one number wherever it can be read."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite

from app.version import VERSION

ROOT = Path(__file__).parents[1]


@on_sqlite
def test_an_operator_reads_it_from_a_command_a_probe_and_the_figures(make_app: Callable[..., Flask]) -> None:
    app = make_app(BUILD="0f3c")
    assert app.test_cli_runner().invoke(args=["version"]).output.startswith(f"{VERSION} (build 0f3c, Python 3.")
    assert app.test_client().get("/health").get_json() == {"status": "ok", "version": VERSION, "build": "0f3c"}
    assert f'app_build{{build="0f3c",version="{VERSION}"}} 1.0' in app.test_client().get("/metrics").text


@on_sqlite
def test_a_person_reads_it_on_the_page_of_the_account(alice: FlaskClient) -> None:
    assert f"Version {VERSION}" in alice.get("/account").text


@on_sqlite
def test_a_program_reads_it_from_the_description_of_the_api(client: FlaskClient) -> None:
    assert client.get("/api/v1/openapi.json").get_json()["info"]["version"] == VERSION


@on_sqlite
def test_nobody_else_is_told(client: FlaskClient) -> None:
    for path in ("/livez", "/sign-in", "/nowhere"):
        answer = client.get(path)
        assert VERSION not in f"{answer.headers}{answer.text}"


def test_it_is_semantic_and_the_image_carries_it() -> None:
    assert re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", VERSION, re.ASCII)
    assert f'org.opencontainers.image.version="{VERSION}"' in (ROOT / "Dockerfile").read_text()


def test_the_changes_name_it() -> None:
    assert re.search(rf"^## {re.escape(VERSION)} ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
