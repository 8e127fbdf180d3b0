"""The session's cookie: verified cookies are remembered, and nothing else is."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from flask import Flask, flash, get_flashed_messages, session
from itsdangerous import URLSafeTimedSerializer


def opened(app: Flask, cookie: str) -> dict[str, object]:
    with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
        return dict(session)


def signed(app: Flask, content: dict[str, object]) -> str:
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]  # ours has one
    assert isinstance(signer, URLSafeTimedSerializer)
    return str(signer.dumps(content))


def test_a_request_that_changes_its_session_changes_no_other(app: Flask) -> None:
    cookie = signed(app, {"_flashes": [("message", "first")]})
    with app.test_request_context(headers={"Cookie": f"session={cookie}"}):
        flash("second")
        assert get_flashed_messages() == ["first", "second"]
    assert opened(app, cookie) == {"_flashes": [("message", "first")]}


@pytest.mark.parametrize(
    "spoil", [lambda cookie: cookie[:-1], lambda cookie: "e30" + cookie, lambda cookie: "x" * len(cookie)]
)
def test_a_cookie_changed_after_it_was_verified_opens_nothing(app: Flask, spoil: Callable[[str], str]) -> None:
    cookie = signed(app, {"token": "a"})
    assert opened(app, cookie) == {"token": "a"}
    assert opened(app, spoil(cookie)) == {}


def test_a_remembered_cookie_ends_all_the_same(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    cookie = signed(app, {"token": "a"})
    assert opened(app, cookie) == {"token": "a"}
    later = time.time() + app.permanent_session_lifetime.total_seconds() + 120
    monkeypatch.setattr("time.time", lambda: later)
    assert opened(app, cookie) == {}
