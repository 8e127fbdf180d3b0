"""What is asked of an identity provider, and what is believed of its answers.

The rules are those of OpenID Connect Core 1.0, section 3.1 (https://openid.net/specs/openid-connect-core-1_0.html),
with PKCE (RFC 7636). Loaded only where a provider is configured, on its first use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import urllib3
from authlib.common.errors import AuthlibBaseError
from authlib.oauth2.client import OAuth2Client
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from app import clock
from app.accounts.oidc import Claims, ProviderFailed, Refused
from config import OidcSettings

TIME_OUT = urllib3.Timeout(connect=3, read=5)  # seconds, for each connection and each answer
LARGEST_ANSWER = 256 * 1024  # bytes
REMEMBERED = clock.HOUR  # where the provider's pages are, and its keys
KEYS_AGAIN_AFTER = clock.MINUTE  # an answer signed with an unknown key asks for them no more often
CLOCK_SKEW = 60  # seconds
# Signatures that only the provider can make; with HS256 the client's secret would suffice.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA"]
# By the first, the provider asks again whom it knows already; by the second, it says when that was (Core, section
# 3.1.2.1). Not 0, which some take for nothing.
AGAIN = {"prompt": "login", "max_age": "1"}
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class Kept(NamedTuple):
    """An answer of the provider that is asked for again when it is too old; `at` is a moment."""

    value: Any
    at: int


class Provider:
    """One identity provider. Its answers are remembered for an hour, by each process."""

    def __init__(self, settings: OidcSettings) -> None:
        self._settings = settings
        self._session = _Session(settings.ca)
        self._metadata = self._keys = Kept(None, 0)

    def authorization_address(
        self, redirect_uri: str, state: str, nonce: str, verifier: str, *, again: bool = False
    ) -> str:
        """Return where a browser is sent for somebody to sign in, `again` though it is known there.

        Raises ProviderFailed.
        """
        with _plain_errors():
            address, _ = self._client(redirect_uri).create_authorization_url(
                self._find_metadata()["authorization_endpoint"],
                state,
                code_verifier=verifier,
                nonce=nonce,
                **(AGAIN if again else {}),
            )
        return str(address)

    def exchange(self, code: str, redirect_uri: str, nonce: str, verifier: str, *, since: int | None = None) -> Claims:
        """Return who has signed in, for a code; with `since`, a moment, who has signed in no earlier.

        Raises ProviderFailed; Refused for what must not be believed.
        """
        with _plain_errors():
            metadata = self._find_metadata()
            client = self._client(redirect_uri, _auth_method(metadata))
            token = client.fetch_token(
                metadata["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
            )
            claims = self._verify(token.get("id_token"), nonce)
            signed_in_at = None if since is None else _signed_in_at(claims, since)
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims = self._user_info(token, claims)
        email, is_verified = str(claims.get("email", "")), claims.get("email_verified") is True
        return Claims(self._settings.issuer, claims["sub"], email, is_verified, signed_in_at)

    def _client(self, redirect_uri: str, auth_method: str | None = None) -> OAuth2Client:
        return OAuth2Client(
            self._session,
            self._settings.client_id,
            self._settings.client_secret,
            token_endpoint_auth_method=auth_method,
            scope="openid email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
        )

    def _verify(self, id_token: object, nonce: str) -> dict[str, Any]:
        if not isinstance(id_token, str):
            raise Refused("no ID token")
        try:
            token = jwt.decode(id_token, self._find_keys(), algorithms=ALGORITHMS)
        except InvalidKeyIdError:  # the provider has changed its keys
            token = jwt.decode(id_token, self._find_keys(KEYS_AGAIN_AFTER), algorithms=ALGORITHMS)
        issuer, client_id = self._settings.issuer, self._settings.client_id
        options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}}
        claims = CodeIDToken(token.claims, token.header, options, {"nonce": nonce, "client_id": client_id})
        claims.validate(now=clock.now_us() // clock.SECOND, leeway=CLOCK_SKEW)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise Refused("sub is no text of 1 to 255 characters")
        return dict(claims)

    def _user_info(self, token: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
        """Return the claims with the address that the provider tells elsewhere (section 5.3)."""
        bearer = {"Authorization": f"Bearer {token['access_token']}"}
        found = self._session.read_json("GET", self._find_metadata()["userinfo_endpoint"], headers=bearer)
        if found.get("sub") != claims["sub"]:
            raise Refused("the address is of somebody else")
        return found

    def _find_metadata(self) -> dict[str, Any]:
        if _is_old(self._metadata, REMEMBERED):
            self._metadata = Kept(self._ask_for_metadata(), clock.now_us())
        found: dict[str, Any] = self._metadata.value
        return found

    def _ask_for_metadata(self) -> dict[str, Any]:
        # OpenID Connect Discovery 1.0, section 4: the issuer that it names must be the one that was asked.
        issuer = self._settings.issuer
        found = self._session.read_json("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ValueError("the provider calls itself otherwise than OIDC_ISSUER")
        scheme = urlsplit(issuer).scheme
        addresses = [found[name] for name in ENDPOINTS] + [
            found[name] for name in ("userinfo_endpoint",) if name in found
        ]
        if not all(urlsplit(address).scheme in {scheme, "https"} for address in addresses):
            raise ValueError("an address of the provider is without TLS")
        return found

    def _find_keys(self, oldest: int = REMEMBERED) -> KeySet:
        if _is_old(self._keys, oldest):
            self._keys = Kept(self._session.read_json("GET", self._find_metadata()["jwks_uri"]), clock.now_us())
        return KeySet.import_key_set(self._keys.value)


def _signed_in_at(claims: dict[str, Any], since: int) -> int:
    """Return the moment at which the person has signed in at the provider. Raises Refused for one before `since`."""
    said, now = claims.get("auth_time"), clock.now_us() // clock.SECOND
    # Not by its opposite: a number may be none (NaN), which is neither before nor after anything.
    if not isinstance(said, int | float) or not since // clock.SECOND - CLOCK_SKEW <= said <= now + CLOCK_SKEW:
        raise Refused(f"auth_time is {said!r}, the visit began at {since // clock.SECOND}")
    return int(said) * clock.SECOND


def _is_old(kept: Kept, oldest: int) -> bool:
    return kept.value is None or clock.now_us() - kept.at >= oldest


def _auth_method(metadata: dict[str, Any]) -> str:
    # Basic is what a provider understands that says nothing (Discovery, section 3).
    known = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_basic" if "client_secret_basic" in known else "client_secret_post"


@contextmanager
def _plain_errors() -> Iterator[None]:
    """Tell a provider that fails from an answer that must not be believed."""
    try:
        yield
    except (JoseError, AuthlibBaseError) as error:
        raise Refused(str(error)) from error
    except (urllib3.exceptions.HTTPError, LookupError, ValueError, TypeError, AttributeError) as error:
        raise ProviderFailed from error


class _Answer(NamedTuple):
    """What Authlib asks of an answer."""

    status_code: int
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise urllib3.exceptions.HTTPError(f"status {self.status_code}")


class _Session:
    """Requests with time-outs and a bound on the answer, for Authlib; no redirect is followed.

    By urllib3, which is there for the DynamoDB client: requests and its parts would take 3 MB of the image.
    """

    def __init__(self, ca: str | None) -> None:
        self._pool = urllib3.PoolManager(timeout=TIME_OUT, retries=False, ca_certs=ca)

    def post(self, url: str, data: dict[str, str], headers: dict[str, str], auth: Any) -> _Answer:
        address, sent, body = auth.prepare("POST", url, dict(headers), urlencode(data))
        return self._ask("POST", address, headers=sent, body=body)

    def read_json(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        answer = self._ask(method, url, **options)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        if not isinstance(found, dict):
            raise TypeError("not an object")
        return found

    def _ask(self, method: str, url: str, **options: Any) -> _Answer:
        answer = self._pool.request(method, url, preload_content=False, redirect=False, **options)
        try:
            content = answer.read(LARGEST_ANSWER + 1, decode_content=True)
        finally:
            answer.close()
        if len(content) > LARGEST_ANSWER or 300 <= answer.status < 400:
            raise ValueError("too much, or elsewhere")
        return _Answer(answer.status, content)
