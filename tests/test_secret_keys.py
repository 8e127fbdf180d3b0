"""A new SECRET_KEY beside the one before: sessions and open forms of both work, and servers that differ are seen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from on_databases import on_sqlite

from config import ConfigError, fingerprint, from_environment
from devtools.databases import SETTINGS
from devtools.forms import csrf_token, sign_in
from devtools.people import create_accounts

OLD, NEW = SETTINGS["SECRET_KEY"], "fedcba9876543210" * 4


def cookie_of(client: object) -> str:
    found = client.get_cookie("session")  # type: ignore[attr-defined]  # Flask's client
    assert found is not None
    return str(found.value)


@on_sqlite
def test_a_session_and_an_open_form_of_the_former_key_go_on_and_the_cookie_is_signed_anew(
    make_app: Callable[..., Flask],
) -> None:
    before, after = make_app(), make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD)
    create_accounts(before)
    old = sign_in(before.test_client(), "alice")
    form = {"title": "typed before", "status": "none", "key": "k" * 22, "csrf_token": csrf_token(old, "/notes/new")}
    client = after.test_client()
    client.set_cookie("session", cookie_of(old))
    assert client.post("/notes", data=form).status_code == 303
    assert cookie_of(client) != cookie_of(old)
    alone = make_app(SECRET_KEY=NEW).test_client()
    alone.set_cookie("session", cookie_of(client))
    assert alone.get("/notes").status_code == 200
    assert alone.post("/notes", data=form).status_code == 400  # its key is forgotten


@on_sqlite
def test_no_cookie_is_signed_anew_on_an_answer_that_a_cache_may_give_to_others(make_app: Callable[..., Flask]) -> None:
    before, after = make_app(), make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD)
    create_accounts(before)
    client = after.test_client()
    client.set_cookie("session", cookie_of(sign_in(before.test_client(), "alice")))
    style = re.search(r'href="([^"]+notes\.css[^"]*)"', client.get("/notes").text)
    assert style
    client.set_cookie("session", cookie_of(sign_in(before.test_client(), "alice")))
    answer = client.get(style[1])
    assert (answer.cache_control.public, "Set-Cookie" in answer.headers) == (True, False)


@on_sqlite
def test_a_server_that_has_only_the_former_key_refuses_the_new_one(make_app: Callable[..., Flask]) -> None:
    after, before = make_app(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=OLD), make_app()
    create_accounts(after)
    client = before.test_client()
    client.set_cookie("session", cookie_of(sign_in(after.test_client(), "alice")))
    assert client.get("/notes").status_code == 303


@on_sqlite
def test_servers_that_differ_are_seen(make_app: Callable[..., Flask]) -> None:
    figures = make_app(SECRET_KEY=NEW).test_client().get("/metrics").text
    assert f'app_secret_key{{fingerprint="{fingerprint(NEW)}"}} 1.0' in figures
    assert fingerprint(OLD) != fingerprint(NEW)
    assert NEW not in figures


def test_a_bad_former_key_is_refused() -> None:
    with pytest.raises(ConfigError, match="SECRET_KEY_FALLBACKS is former keys"):
        from_environment({**SETTINGS, "SECRET_KEY_FALLBACKS": f"{NEW} short"})
