"""The stand-in for EC2's metadata service asks for a token, as IMDSv2 does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from devtools import instance_metadata
from devtools.instance_metadata import TOKEN, TTL


@pytest.fixture
def service(tmp_path: Path) -> Iterator[httpx.Client]:
    tree = instance_metadata.metadata("i-1", "role-1", "eu-central-1", "127.0.0.1")
    (tmp_path / "127.0.0.1.json").write_text(json.dumps(tree))
    (tmp_path / "127.0.0.1.user-data").write_bytes(b"\x1f\x8b")
    instance_metadata.Handler.instances = tmp_path
    with ThreadingHTTPServer(("127.0.0.1", 0), instance_metadata.Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        with httpx.Client(base_url=f"http://127.0.0.1:{server.server_port}/latest") as client:
            yield client
        server.shutdown()


def test_nothing_is_given_without_a_token(service: httpx.Client) -> None:
    assert service.get("/meta-data/instance-id").status_code == 401
    assert service.get("/user-data", headers={TOKEN: "guessed"}).status_code == 401


@pytest.mark.parametrize("seconds", ["", "0", "21601", "long"])
def test_a_token_lives_for_six_hours_at_most(service: httpx.Client, seconds: str) -> None:
    assert service.put("/api/token", headers={TTL: seconds}).status_code == 400


def test_with_a_token_the_instance_learns_what_it_is(service: httpx.Client) -> None:
    service.headers[TOKEN] = service.put("/api/token", headers={TTL: "60"}).text
    assert service.get("/meta-data/instance-id").text == "i-1"
    assert service.get("/meta-data/iam/security-credentials/").text == "role-1"
    assert service.get("/meta-data/iam/security-credentials/role-1").json()["AccessKeyId"] == "role-1"
    assert "placement/" in service.get("/meta-data/").text.splitlines()
    assert service.get("/meta-data/spot").status_code == 404
    assert service.get("/user-data").content == b"\x1f\x8b"
