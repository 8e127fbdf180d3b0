"""Logs: one JSON object a line, whatever was sent, and nothing in it that is nobody's business."""

from __future__ import annotations

import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from devtools import app_server
from devtools.databases import SETTINGS
from devtools.people import PASSWORD, Cast, create_token, email
from devtools.processes import answers_http, free_port, run_server

pytestmark = [pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]
CANARY = "canary-7f3a"


@pytest.mark.server
def test_logs_are_json_and_hold_no_secrets(tmp_path: Path, database_url: str, app: Flask, cast: Cast) -> None:
    secret = create_token(app, cast["alice"].id)
    bearer: dict[str, Any] = {"Authorization": f"Bearer {secret}"}
    with app_server.gunicorn(tmp_path, database_url, SECRET_KEY=f"{CANARY}0123456789abcdef0123456789") as served:
        served.ask("POST", "/api/v1/notes", {"title": CANARY, "body": CANARY, "tags": [CANARY]}, **bearer)
        served.ask("POST", "/api/v1/notes", {"title": [CANARY], CANARY: 1}, **bearer)
        served.ask("GET", f"/api/v1/notes?q={CANARY}&nope={CANARY}", **bearer)
        served.ask("GET", f"/api/v1/notes?access_token={secret}", Cookie=f"session={CANARY}", Referer=f"/{CANARY}")
        served.ask("POST", f"/sign-in?email={email('alice')}&password={PASSWORD.replace(' ', '+')}", CANARY)
        served.ask("GET", f"/tags/{CANARY}%0d%0a%7B%22level%22:%22forged%22%7D", User_Agent=CANARY)
        served.ask("GET", "/livez", X_Request_ID='forged"}\t{')
        served.ask("GET", "/livez", X_Request_ID="well-formed-0001")
    written = served.log.read_text()
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["time"][-6:] for line in lines} == {"+00:00"}
    assert all(hidden not in written for hidden in (CANARY, secret, PASSWORD, "forged", str(tmp_path), "sqlite:///"))
    assert any(line.get("request_id") == "well-formed-0001" for line in lines)


@pytest.mark.server
def test_a_line_says_who_asked_for_what_and_how_long_it_took(
    tmp_path: Path, database_url: str, app: Flask, cast: Cast
) -> None:
    with app_server.gunicorn(tmp_path, database_url) as served:
        served.ask("GET", "/api/v1/notes/5", Authorization=f"Bearer {create_token(app, cast['alice'].id)}")
    lines = [json.loads(line) for line in served.log.read_text().splitlines()]
    line = next(line for line in lines if line.get("route", "").startswith("/api"))
    assert (line["account"], line["status"], line["method"]) == (cast["alice"].id, 404, "GET")
    assert 0 < line["database_ms"] < line["ms"]


def test_lines_pass_through_the_standard_logging(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        client.get("/sign-in")
    [line] = [record.fields for record in caplog.records if record.name == "app"]  # type: ignore[attr-defined]  # ours
    assert (line["route"], line["status"]) == ("/sign-in", 200)


def test_a_level_keeps_lines_out(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        client.get("/sign-in")
    assert not caplog.records


@pytest.mark.server
@pytest.mark.parametrize("output", ["> /dev/full", "> >(true)"], ids=["full disk", "closed pipe"])
def test_a_request_whose_line_cannot_be_written_is_answered(
    database_url: str, app: Flask, cast: Cast, output: str
) -> None:
    bearer: dict[str, Any] = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environ = {**SETTINGS, "DATABASE_URL": database_url, "BIND": "127.0.0.1", "PORT": str(port)}
    command = ["bash", "-c", f'exec {output} 2>&1; exec "$0" -m gunicorn crudapp:app', sys.executable]
    with run_server(command, port, is_ready=lambda: answers_http(f"{address}/livez"), environ=environ) as process:
        served = app_server.AppServer(address, process, Path(os.devnull))
        assert served.ask("GET", "/livez").status == 200
        assert served.ask("POST", "/api/v1/notes", {"title": "kept"}, **bearer).status == 201
        assert served.ask("GET", "/api/v1/notes", **bearer).json()["items"][0]["title"] == "kept"


@pytest.mark.server
def test_a_server_that_logs_warnings_writes_no_request_lines(tmp_path: Path, database_url: str) -> None:
    with app_server.gunicorn(tmp_path, database_url, GUNICORN_CMD_ARGS="--log-level warning") as served:
        served.ask("GET", "/livez")
    assert served.log.read_text() == ""
