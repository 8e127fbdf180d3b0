"""The security headers that the app itself sends; those of nginx are in edge/test_security_headers.py."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from app.web.headers import JSON_HEADERS, SECURITY_HEADERS
from devtools.forms import csrf_token

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/sign-in", 200, SECURITY_HEADERS),
        ("/nowhere", 404, SECURITY_HEADERS),
        ("/api/v1/docs", 200, SECURITY_HEADERS),
        ("/api/v1/openapi.json", 200, JSON_HEADERS),
        ("/api/v1/notes", 401, JSON_HEADERS),
    ],
)
def test_an_answer_carries_the_headers_of_its_kind_once(
    client: FlaskClient, path: str, status: int, expected: dict[str, str]
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    names = expected.keys() | SECURITY_HEADERS.keys()
    assert {name: answer.headers.getlist(name) for name in names if name in answer.headers} == {
        name: [value] for name, value in expected.items()
    }


@pytest.mark.parametrize("path", ["/sign-in", "/notes", "/nowhere", "/api/v1/notes"])
def test_nothing_of_a_person_is_kept_by_browsers_or_caches(client: FlaskClient, path: str) -> None:
    assert client.get(path).headers.getlist("Cache-Control") == ["no-store"]


@pytest.mark.parametrize("referrer", ["http://[", "//[x]/", "https://localhost:x/"])
def test_a_referrer_that_is_no_address_is_taken_for_none(client: FlaskClient, referrer: str) -> None:
    headers = {"Referer": referrer}
    assert client.get("/notes", headers=headers).status_code == 303
    assert client.post("/notes", headers=headers).status_code == 303
    client.application.config["WTF_CSRF_SSL_STRICT"] = True
    sent = {"csrf_token": csrf_token(client, "/sign-in")}
    answer = client.post("/sign-in", base_url="https://localhost", data=sent, headers=headers)
    assert answer.status_code == 303
