"""Every answer carries the same security headers, once each, whoever gave it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from app.web.headers import SECURITY_HEADERS

# The app sends these as well, for where no nginx stands in front of it: the two must not drift apart.
EXPECTED = SECURITY_HEADERS | {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}


def sign_in_too_often(visitor: httpx.Client) -> httpx.Response:
    answers = [visitor.post("/sign-in") for _ in range(15)]
    return answers[-1]


ANSWERS: dict[str, tuple[int, Callable[[httpx.Client], httpx.Response]]] = {
    "the app's page": (200, lambda visitor: visitor.get("/")),
    "nginx's own file": (200, lambda visitor: visitor.get("/.edge/pages.css")),
    "an unchanged file": (304, lambda visitor: visitor.get("/.edge/pages.css", headers={"If-None-Match": "*"})),
    "the app's refusal": (404, lambda visitor: visitor.get("/?status=404")),
    "a hidden probe": (404, lambda visitor: visitor.get("/metrics")),
    "too large": (413, lambda visitor: visitor.post("/", content=b"x" * 3_000_000)),
    "too long an address": (414, lambda visitor: visitor.get("/" + "x" * 9000)),
    "too often": (429, sign_in_too_often),
    "too large a header": (431, lambda visitor: visitor.get("/", headers={"X-Long": "x" * 9000})),
    "the app's failure": (500, lambda visitor: visitor.get("/?status=500")),
    "no app server": (502, lambda visitor: visitor.get("/?hang_up=app-1,app-2")),
}


@pytest.mark.parametrize(("status", "ask"), ANSWERS.values(), ids=ANSWERS.keys())
def test_an_answer_carries_each_header_once(
    visitor: httpx.Client, status: int, ask: Callable[[httpx.Client], httpx.Response]
) -> None:
    answer = ask(visitor)
    assert answer.status_code == status
    assert {name: answer.headers.get_list(name) for name in EXPECTED} == {
        name: [value] for name, value in EXPECTED.items()
    }


@pytest.mark.parametrize("answer", ANSWERS)
def test_no_answer_tells_more_than_that_nginx_gave_it(visitor: httpx.Client, answer: str) -> None:
    headers = ANSWERS[answer][1](visitor).headers
    assert headers.get_list("Server") == ["nginx"]
    assert "X-Powered-By" not in headers


def test_a_static_file_carries_each_header_once(visitor: httpx.Client, stylesheet: str) -> None:
    answers = [visitor.get(stylesheet), visitor.get(stylesheet, headers={"If-None-Match": "*"})]
    assert [answer.status_code for answer in answers] == [200, 304]
    for answer in answers:
        assert {name: answer.headers.get_list(name) for name in EXPECTED} == {n: [v] for n, v in EXPECTED.items()}
