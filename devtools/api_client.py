"""A client of the API with a token, on Flask's test client."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

BASE = "/api/v1"


class ApiClient:
    """Sends requests with a token, or without: `api("GET", "/notes")`."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client, self.token = client, token

    def __call__(self, method: str, path: str, *, if_match: object = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return self.client.open(BASE + path, method=method, headers={**headers, **more.pop("headers", {})}, **more)

    def create_note(self, title: str = "a note", **fields: Any) -> dict[str, Any]:
        response = self("POST", "/notes", json={"title": title, **fields})
        assert response.status_code == 201, response.text
        note: dict[str, Any] = response.get_json()
        return note

    def titles(self, path: str) -> list[str]:
        response = self("GET", path)
        assert response.status_code == 200, response.text
        return [item["title"] for item in response.get_json()["items"]]
