"""The app below a path of somebody's proxy: X-Forwarded-Prefix, where PROXY_PREFIX says that it may be believed."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from devtools import forms, people

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
BELOW = {"X-Forwarded-Prefix": "/wiki"}


@pytest.fixture
def below(make_app: Callable[..., Flask]) -> FlaskClient:
    app = make_app(PROXY_PREFIX="1")
    people.create_accounts(app)
    client = forms.sign_in(app.test_client(), "alice")
    fields = {"key": "a key", "title": "Milk", "tags": "shop", "status": "open", "body": "", "due_on": ""}
    assert forms.submit(client, "/notes", at="/notes/new", **fields).status_code == 303
    return client


def addresses(page: str) -> set[str]:
    found = BeautifulSoup(page, "html.parser")
    names = ("href", "src", "action", "formaction")
    values = {str(node[name]) for node in found.find_all() for name in names if node.get(name)}
    return {value for value in values if value.startswith("/")}


@pytest.mark.parametrize("path", ["/notes", "/tasks", "/trash", "/search?q=milk", "/notes/new", "/account", "/entries"])
def test_every_address_of_a_page_is_below_the_path(below: FlaskClient, path: str) -> None:
    answer = below.get(path, headers=BELOW)
    assert answer.status_code == 200
    assert addresses(answer.text)
    assert {address for address in addresses(answer.text) if not address.startswith("/wiki/")} == set()


def test_who_must_sign_in_comes_back_below_the_path(make_app: Callable[..., Flask]) -> None:
    app = make_app(PROXY_PREFIX="1")
    people.create_accounts(app)
    answer = app.test_client().get("/tasks", headers=BELOW)
    assert (urlsplit(answer.location).path, urlsplit(answer.location).query) == ("/wiki/sign-in", "next=/wiki/tasks")


def test_the_header_is_ignored_without_the_setting(make_app: Callable[..., Flask]) -> None:
    assert make_app().test_client().get("/tasks", headers=BELOW).location == "/sign-in?next=/tasks"
