"""The session's cookie: verified cookies are remembered, and nothing else is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

import pytest
from flask import Flask, flash, get_flashed_messages, session
from itsdangerous import URLSafeTimedSerializer
from itsdangerous.encoding import base64_decode

from app.accounts import device_cookies, factors, oidc, passkeys, service
from devtools.forms import csrf_token, sign_in


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


def hash_length(signed_text: str) -> int:
    return len(base64_decode(signed_text.rpartition(".")[2]))


@pytest.mark.usefixtures("cast")
def test_whatever_is_signed_is_signed_by_sha_256(app: Flask) -> None:
    # OWASP ASVS 5.0.0, 11.4.1. The hashes of SHA-1 have 20 bytes.
    alice = sign_in(app.test_client(), "alice")
    cookies = [alice.get_cookie(name) for name in ("session", "device")]
    texts = [cookie.value for cookie in cookies if cookie] + [
        csrf_token(alice, "/account"),
        csrf_token(app.test_client(), "/sign-in"),
    ]
    with app.app_context():
        serializers = (
            device_cookies._serializer,
            factors._tickets,
            oidc._states,
            passkeys._tickets,
            service._tickets,
        )
        texts += [str(serializer().dumps("a")) for serializer in serializers]
    assert [hash_length(text) for text in texts] == [32] * 9


def test_what_sha_1_has_signed_opens_nothing(app: Flask) -> None:
    content: dict[str, object] = {"token": "a"}
    assert opened(app, signed(app, content)) == content
    old = URLSafeTimedSerializer(
        app.secret_key or "",
        salt="cookie-session",
        serializer=app.session_interface.serializer,  # type: ignore[attr-defined]  # ours has one
        signer_kwargs={"digest_method": hashlib.sha1, "key_derivation": "hmac"},
    )
    assert opened(app, str(old.dumps(content))) == {}


def test_the_random_part_of_a_form_s_token_has_256_bits(app: Flask) -> None:
    for path in ("/sign-in", "/sign-up", "/sign-in/second-factor"):
        browser = app.test_client()
        browser.get(path)
        with browser.session_transaction() as opened_session:
            assert len(base64_decode(opened_session.get("csrf_token", "A" * 43))) == 32, path
