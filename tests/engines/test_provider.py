"""Signing in by an identity provider, with its own page in the browser.

In one engine: what an engine may do otherwise is to send the cookie after the provider's redirect, which SameSite=Lax
lets all of them do.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from devtools import browsers, identity_provider
from devtools.engines import Engine, Visit
from devtools.engines.window import Window
from devtools.identity_provider import NAME, IdentityProvider
from devtools.processes import free_port
from engines.conftest import EAR, Person, Site, sign_up

pytestmark = [
    # What the provider's package uses of Authlib; the application uses none of it.
    pytest.mark.filterwarnings("ignore::authlib.deprecate.AuthlibDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),
]
DORA = "dora@example.org"


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider.running() as started:
        started.add_person("dora", email=DORA, email_verified=True)
        yield started


@pytest.fixture
def site(tmp_path: Path, provider: IdentityProvider) -> Iterator[Site]:
    port, complaints = free_port(), tmp_path / "complaints"
    complaints.touch()
    settings = provider.settings(PORT=str(port), PUBLIC_URL=f"http://127.0.0.1:{port}", PROXY_HOPS="1")
    with browsers.notes_app(tmp_path, EAR, LISTENER_FILE=str(complaints), **settings) as address:
        yield Site(address, complaints)
    assert complaints.read_text() == ""


@pytest.fixture
def visit(open_engine: Callable[[str], Engine], site: Site) -> Iterator[Visit]:
    with open_engine("chromium").visit(site.address) as started:
        yield started


@pytest.fixture
def ada(visit: Visit, site: Site) -> Person:
    return sign_up(site, visit)


def sign_in_there(window: Window, subject: str) -> None:
    window.wait_for_text("h1", "Authorize Client")
    window.fill("input[name=sub]", subject)
    window.click("button", "Authorize")


def test_who_has_linked_the_account_signs_in_by_the_provider(ada: Person) -> None:
    window = ada.window("/account")
    window.click("button", f"Link to {NAME}")
    window.click("a", f"Go on to {NAME}")
    sign_in_there(window, "ada")
    window.wait_for_text("body", f"{NAME} opens this account now")
    window.click("button", "Sign out")
    window.wait_for_text("h1", "Sign in")
    window.click("a", f"Sign in with {NAME}")
    sign_in_there(window, "ada")
    window.wait_for_path("/notes")
    window.open("/account")
    assert ada.email in window.text("main")
    window.click("button", "Sign out")
    window.wait_for_text("h1", "Sign in")
    window.back()
    window.wait_for_text("h1", "Sign in")


def test_whom_the_provider_has_brought_proves_it_there_and_loses_nothing_typed(visit: Visit, tmp_path: Path) -> None:
    window = visit.window()
    window.open("/sign-in?next=/account/tokens")
    window.click("a", f"Sign in with {NAME}")
    sign_in_there(window, "dora")
    window.wait_for_path("/account/tokens")
    with sqlite3.connect(tmp_path / "notes.db") as database:
        database.execute("UPDATE account_session SET proved_at = 0")
    window.fill("input[name=name]", "backup")
    window.click("button", "Make a token")
    window.wait_for_text("h1", "Is it you?")
    there = visit.window()
    there.navigate(window.evaluate("() => document.querySelector('main a[target=_blank]').href"))
    sign_in_there(there, "dora")
    there.wait_for_text("h1", "It is you")
    window.click("button", "I have signed in there: go on")
    window.wait_for_text("main", "Your new token")
    assert any("backup" in row for row in window.texts("main li"))
