"""The largest file goes through a worker without staying in its memory; a server that is killed loses nothing."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask
from on_databases import on_sqlite

from app.files import claims, service
from devtools.app_server import AppServer, gunicorn
from devtools.people import Cast, create_token

pytestmark = [on_sqlite, pytest.mark.server]

MEGABYTE = 1024 * 1024
CONTENT = os.urandom(MEGABYTE) * 25
ROOM = 8 * MEGABYTE  # bytes of memory that it may take


@pytest.fixture
def server(app: Flask, database_url: str, tmp_path: Path) -> Iterator[AppServer]:
    with gunicorn(tmp_path, database_url, WEB_CONCURRENCY="1") as started:
        yield started


@pytest.fixture
def program(app: Flask, cast: Cast, server: AppServer) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}"}
    with httpx.Client(base_url=f"{server.address}/api/v1", headers=headers, timeout=60) as client:
        yield client


def most_memory(server: AppServer) -> int:
    """Return the most that the worker has had in memory, in bytes."""
    [worker] = server.workers()
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{worker}/status").read_text())
    assert found
    return int(found[1]) * 1024


def warm_up(program: httpx.Client) -> None:
    for _ in range(3):
        small = program.post("/files", content=b"small").json()
        assert program.get(f"/files/{small['id']}/content").content == b"small"
        program.post("/files", files={"file": ("a.txt", b"x" * 100_000)})


def test_sending_and_reading_the_largest_file_takes_little_memory(server: AppServer, program: httpx.Client) -> None:
    warm_up(program)
    before = most_memory(server)
    sent = program.post("/files", params={"name": "large.bin"}, content=CONTENT)
    assert sent.status_code == 201, sent.text
    assert program.get(f"/files/{sent.json()['id']}/content").content == CONTENT
    other = CONTENT[:-1] + b"\0"
    in_form = program.post("/files", files={"file": ("large.bin", other)})
    assert in_form.status_code == 201
    assert in_form.json()["id"] != sent.json()["id"]
    assert most_memory(server) - before <= ROOM


def test_a_body_that_ends_early_leaves_nothing(
    app: Flask, cast: Cast, server: AppServer, program: httpx.Client
) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT[:MEGABYTE]
        raise ConnectionError

    for headers in ({"Content-Length": str(len(CONTENT))}, {}):  # of a stated length, and in chunks
        with pytest.raises(ConnectionError):
            program.post("/files", content=broken(), headers=headers)
    assert program.get("/notes").status_code == 200
    with app.app_context():
        assert list(claims.store.get().list()) == []
        assert service.usage(cast["alice"].id).files == 0


def test_a_server_that_is_killed_in_the_middle_of_a_send_leaves_no_file(
    app: Flask, cast: Cast, server: AppServer, program: httpx.Client
) -> None:
    def interrupted() -> Iterator[bytes]:
        yield CONTENT[:MEGABYTE]
        time.sleep(0.5)  # until the worker has begun to read
        for worker in server.workers():
            os.kill(worker, 9)
        yield CONTENT[MEGABYTE:]

    with pytest.raises(httpx.TransportError):
        program.post("/files", content=interrupted(), headers={"Content-Length": str(len(CONTENT))})
    with app.app_context():
        assert service.usage(cast["alice"].id).files == 0
        assert service.newest(cast["alice"].id).files == []
