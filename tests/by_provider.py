"""A browser on its way to the identity provider and back."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlsplit

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from devtools.forms import submit
from devtools.identity_provider import IdentityProvider

ANSWER = "/sign-in/provider/answer"


def go(browser: FlaskClient, page: str = "") -> str:
    """Begin to sign in; return where at the provider the browser is sent."""
    answer = browser.get("/sign-in/provider", query_string={"next": page} if page else {})
    assert answer.status_code == 303
    return answer.headers["Location"]


def come_back(browser: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return browser.get(f"{parts.path}?{parts.query}")


def visit(browser: FlaskClient, provider: IdentityProvider, subject: str, page: str = "") -> TestResponse:
    """Sign in by the provider as `subject`."""
    return come_back(browser, provider.sign_in(go(browser, page), subject))


def link(browser: FlaskClient, provider: IdentityProvider, subject: str) -> TestResponse:
    shown = submit(browser, "/account/provider", at="/account")
    return come_back(browser, provider.sign_in(address_of_provider(shown), subject))


def address_of_provider(page: TestResponse) -> str:
    """Return where at the provider a page leads."""
    [address] = re.findall(r'href="(http://localhost:[^"]+)"', page.text)
    return unescape(address)
