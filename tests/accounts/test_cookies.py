"""The session cookie: locked to the host and to HTTPS in production, usable on http://127.0.0.1 in development."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from app.accounts import service
from devtools.people import PASSWORD, create_accounts, email


def cookies(app: Flask, base_url: str) -> dict[str, str]:
    """Return the Set-Cookie headers of a sign-in, by the names of the cookies."""
    browser = app.test_client()
    page = browser.get("/sign-in", base_url=base_url)
    token = page.text.partition('name="csrf_token" type="hidden" value="')[2].partition('"')[0]
    fields = {"email": email("alice"), "password": PASSWORD, "csrf_token": token, "stay": "y"}
    answer = browser.post("/sign-in", base_url=base_url, data=fields, headers={"Referer": f"{base_url}/sign-in"})
    assert answer.status_code == 303, answer.text
    assert browser.get("/account", base_url=base_url).status_code == 200
    return {sent.partition("=")[0]: sent for sent in answer.headers.getlist("Set-Cookie")}


def test_in_production_the_cookie_is_locked_to_this_host_and_to_https(make_app: Callable[..., Flask]) -> None:
    app = make_app(APP_ENV="production")
    create_accounts(app)
    sent = cookies(app, "https://notes.example")
    assert set(sent) == {"__Host-session", "__Host-device"}
    for cookie in sent.values():
        attributes = {part.strip().split("=")[0]: part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly"} < set(attributes)
        assert (attributes["SameSite"], attributes["Path"]) == ("SameSite=Lax", "Path=/")
        assert "Domain" not in attributes
        assert "Expires" in attributes


def test_in_development_the_cookie_works_without_https(make_app: Callable[..., Flask]) -> None:
    app = make_app(APP_ENV="development")
    create_accounts(app)
    sent = cookies(app, "http://127.0.0.1:5000")
    assert set(sent) == {"session", "device"}
    for cookie in sent.values():
        assert "Secure" not in cookie
        assert "HttpOnly" in cookie


def test_production_is_closed_unless_it_says_otherwise(make_app: Callable[..., Flask]) -> None:
    app = make_app(APP_ENV="production", SIGN_UP="")
    with app.app_context():
        assert not service.sign_up_is_open()
