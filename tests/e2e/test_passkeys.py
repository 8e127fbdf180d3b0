"""Passkeys in a browser with an authenticator: added, used in place of the password, and removed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from e2e.conftest import Opener, signed_up
from e2e.test_every_page import examine

# What a laptop or a phone has in it: it keeps passkeys, and knows its owner.
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def by_name(address: str) -> str:
    """The app's address with a name in it: a passkey belongs to one."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def ada(opened: Opener, by_name: str) -> Page:
    """Ada's browser, on a machine with an authenticator."""
    page = opened(base_url=by_name)
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return signed_up(page)


def sign_out(page: Page) -> None:
    page.goto("/account")
    page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/sign-in")


def test_a_passkey_is_added_used_without_the_password_and_removed(ada: Page) -> None:
    ada.goto("/account/factors")
    ada.get_by_label("Name of the passkey").fill("Laptop")
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_role("status")).to_contain_text("Your recovery codes")
    ada.get_by_role("button", name="Add a passkey").click()
    expect(ada.get_by_role("alert")).to_have_text("This device has a passkey for your account already.")
    examine(ada)

    sign_out(ada)
    examine(ada)
    ada.get_by_role("button", name="Sign in with a passkey").click()
    ada.wait_for_url("**/notes")

    ada.goto("/account/factors")
    expect(ada.get_by_role("main")).to_contain_text("last used")
    ada.get_by_role("button", name="Remove Laptop").click()
    expect(ada.get_by_text("The factor was removed.")).to_be_visible()
    sign_out(ada)
    ada.get_by_role("button", name="Sign in with a passkey").click()
    expect(ada.get_by_text("This passkey was not accepted.")).to_be_visible()


@pytest.mark.parametrize("has_scripts", [False, True])
def test_where_it_cannot_be_used_none_is_offered(opened: Opener, by_name: str, has_scripts: bool) -> None:
    page = opened(base_url=by_name, java_script_enabled=has_scripts)
    page.add_init_script("delete window.PublicKeyCredential")
    page.goto("/sign-in")
    expect(page.get_by_role("button")).to_have_text(["Sign in"])
    signed_up(page).goto("/account/factors")
    expect(page.get_by_role("button", name="Add a passkey")).to_have_count(0)
    expect(page.get_by_role("link", name="Add an authenticator app")).to_be_visible()
