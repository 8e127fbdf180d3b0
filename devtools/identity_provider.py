"""An OpenID Connect provider on loopback (oidc-provider-mock, by Authlib), and what can go wrong with one."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import urllib3
from flask import Flask, g
from joserfc import jwt
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from app import clock

with warnings.catch_warnings(record=True):  # of what it imports Authlib says that it will go
    import oidc_provider_mock

CLIENT_ID, CLIENT_SECRET, NAME = "notes", "a secret of the client", "Example"


@dataclass
class IdentityProvider:
    """A running provider. `change` alters the claims of the ID tokens that it gives, which are signed with its key."""

    issuer: str
    app: Flask
    asked: list[str] = field(default_factory=list)  # the paths that were asked for
    change: Callable[[dict[str, Any]], None] | None = None
    key: RSAKey | None = None  # in place of the provider's own
    header: dict[str, str] = field(default_factory=lambda: {"alg": "RS256"})
    is_down: bool = False
    verified_codes: int = 0
    _signed_in_at: dict[str, int] = field(default_factory=dict)  # by code, in seconds, where a visit asks for it

    def settings(self, **more: str) -> dict[str, str]:
        """Return the environment of an app whose people sign in here."""
        own = {"OIDC_ISSUER": self.issuer, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET}
        return own | {"OIDC_NAME": NAME, "PUBLIC_URL": "http://localhost"} | more

    def add_person(self, subject: str, **claims: Any) -> None:
        self._pool.request("PUT", f"{self.issuer}/users/{subject}", json=claims)

    def sign_in(self, address: str, subject: str) -> str:
        """Sign in as `subject` where a browser was sent; return where it is sent back to."""
        answer = self._pool.request("POST", address, fields={"sub": subject}, encode_multipart=False, redirect=False)
        return answer.headers["Location"]

    _pool = urllib3.PoolManager(retries=False)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        request = Request(environ)
        environ["wsgi.input"] = BytesIO(request.get_data())
        self.asked.append(request.path)
        if self.is_down:
            return Response("", 503)(environ, start_response)
        answer = Response.from_app(self.app.wsgi_app, environ)
        if request.path == "/oauth2/authorize" and "code_challenge" in request.args:
            self._challenges.append(request.args["code_challenge"])
        if "max_age" in request.args and "code=" in answer.headers.get("Location", ""):
            # What the package leaves out: OpenID Connect Core, section 3.1.2.1.
            [code] = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
            self._signed_in_at[code] = clock.now_us() // clock.SECOND
        if request.path == "/oauth2/token" and answer.status_code == 200:
            answer = self._give(request, answer)
        return answer(environ, start_response)

    _challenges: list[str] = field(default_factory=list)

    def _give(self, request: Request, answer: Response) -> Response:
        # The package lets anybody redeem a code without the verifier of PKCE.
        digest = hashlib.sha256(request.form["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() in self._challenges
        self.verified_codes += 1
        token = json.loads(answer.get_data())
        payload = token["id_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
        asks_for_time = request.form["code"] in self._signed_in_at
        if asks_for_time:
            claims["auth_time"] = self._signed_in_at[request.form["code"]]
        if self.change:
            self.change(claims)
        if self.change or self.key or asks_for_time:
            token["id_token"] = jwt.encode(self.header, claims, self.key or self._own_key())
        return Response(json.dumps(token), 200, content_type="application/json")

    def _own_key(self) -> RSAKey:
        with self.app.test_request_context("/"):
            self.app.preprocess_request()
            # By position: Authlib's key, of the provider for Python 3.11, calls it otherwise than joserfc's.
            return RSAKey.import_key(g.oidc_provider_mock_storage.jwk.as_dict(True))


@contextmanager
def running() -> Iterator[IdentityProvider]:
    app = oidc_provider_mock.app()
    provider = IdentityProvider("", app)
    server = make_server("127.0.0.1", 0, provider, threaded=True)
    provider.issuer = f"http://localhost:{server.port}"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        with private_keys_imported_once():
            yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def private_keys_imported_once() -> Iterator[None]:
    """The package imports its key for each token, of which each time it is proved that its primes are such."""
    import_key, imported = RSAKey.import_key, dict[str, RSAKey]()

    def import_once(value: Any, *arguments: Any, **named: Any) -> RSAKey:
        if not (isinstance(value, dict) and "d" in value):
            return import_key(value, *arguments, **named)
        key = repr((value, arguments, named))
        if key not in imported:
            imported[key] = import_key(value, *arguments, **named)
        return imported[key]

    with patch.object(RSAKey, "import_key", import_once):
        yield
