"""Signing in leads to the page that was asked for, and never to another site."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.destinations import destination
from devtools.forms import submit
from devtools.people import PASSWORD, Cast, email

ELSEWHERE = [
    "",
    "account",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "https://evil.example/account",
    "https:account",
    "javascript:alert(1)",
    "/\t/evil.example",
    "\t/account",
    " /account",
    "/account\r\nX-Evil: 1",
    "/account\x00",
    "/%2F/evil.example",
    "/no-such-page",
    "/sign-out",
    "/account/sign-out-others",
    "//evil.example/account",
    "/.//evil.example",
    "/@evil.example",
    "http:///evil.example",
    "/account\\..\\evil",
    "//[",
    "/\u2028/evil.example",
]


def after_sign_in(client: FlaskClient, wanted: str) -> str:
    page = client.get("/sign-in", query_string={"next": wanted})
    assert page.status_code in {200, 303}
    path = "/sign-in?" + page.request.query_string.decode()
    return submit(client, path, email=email("alice"), password=PASSWORD).headers["Location"]


@pytest.mark.parametrize("wanted", ["/account", "/account?tab=a%20b&x=%2F", "/account#password"])
def test_a_page_of_ours_is_where_it_goes(client: FlaskClient, cast: Cast, wanted: str) -> None:
    assert after_sign_in(client, wanted) == wanted


def test_another_site_is_not(client: FlaskClient, cast: Cast) -> None:
    assert after_sign_in(client, "//evil.example/account") == "/notes"


def test_whatever_is_no_page_of_ours_leads_to_the_notes(app: Flask) -> None:
    def led_to(wanted: str) -> str:
        with app.test_request_context("/sign-in", query_string={"next": wanted}):
            return destination()

    assert {wanted: led_to(wanted) for wanted in ELSEWHERE} == dict.fromkeys(ELSEWHERE, "/notes")


def test_asking_for_a_page_leads_back_to_it_with_its_query(client: FlaskClient, cast: Cast) -> None:
    asked = client.get("/account?tab=ä%26b")
    assert asked.status_code == 303
    answer = submit(client, asked.headers["Location"], email=email("alice"), password=PASSWORD)
    assert answer.headers["Location"] == "/account?tab=%C3%A4%26b"


def test_a_form_sent_after_the_session_ended_leads_to_signing_in(client: FlaskClient, cast: Cast) -> None:
    answer = submit(client, "/account", at="/sign-in", current=PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/account")
