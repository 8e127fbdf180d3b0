"""Programs that come in through the API with a token, as tests drive them."""

from __future__ import annotations

from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.accounts import tokens

BASE = "/api/v1"


class Program:
    """A program with a token, or without."""

    def __init__(self, client: FlaskClient, token: str | None) -> None:
        self.client, self.token = client, token

    def __call__(self, method: str, path: str, *, if_match: object = None, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return self.client.open(BASE + path, method=method, headers={**headers, **more.pop("headers", {})}, **more)

    def new(self, title: str = "a note", **fields: Any) -> dict[str, Any]:
        response = self("POST", "/notes", json={"title": title, **fields})
        assert response.status_code == 201, response.text
        made: dict[str, Any] = response.get_json()
        return made

    def titles(self, path: str) -> list[str]:
        response = self("GET", path)
        assert response.status_code == 200, response.text
        return [item["title"] for item in response.get_json()["items"]]


def token(app: Flask, account_id: int, scope: str = "write", days: int | None = None) -> str:
    with app.app_context():
        return tokens.create(account_id, "a test", scope, days)
