"""What was typed but not saved survives in the browser, and is offered until it is saved or thrown away."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from devtools.page_actions import open_editor, save, titles, write
from e2e.conftest import PASSWORD, Complaints, Opener


def test_a_draft_is_offered_after_the_page_was_left_without_saving(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.fill("#body", "half a sentence")
    ada.goto("/notes")
    expect(ada.locator(".message")).to_contain_text("“half a sentence” was not saved")
    ada.get_by_role("link", name="Go on").click()
    expect(ada.locator(".draft q")).to_have_text("half a sentence")
    ada.get_by_role("button", name="Use it").click()
    assert ada.input_value("#body") == "half a sentence"
    save(ada)
    expect(ada.locator("h1")).to_have_text("half a sentence")
    ada.goto("/notes/new")
    expect(ada.locator(".draft")).to_have_count(0)


def test_a_draft_of_an_older_version_is_merged_not_saved_over_the_newer_one(ada: Page) -> None:
    write(ada, "Hut", "cash\n\nmap\n\nshoes")
    open_editor(ada, "Hut")
    ada.fill("#body", "coins\n\nmap\n\nshoes")
    kept = ada.evaluate("Object.entries({...localStorage}).find(([name]) => name.startsWith('draft:'))")
    ada.evaluate("localStorage.clear()")
    open_editor(ada, "Hut")
    ada.fill("#body", "cash\n\nmap\n\nboots")
    save(ada)
    expect(ada.locator(".message")).to_contain_text("Saved.")
    ada.evaluate("([key, draft]) => localStorage.setItem(key, draft)", kept)
    open_editor(ada, "Hut")
    ada.get_by_role("button", name="Use it").click()
    save(ada)
    expect(ada.locator(".message")).to_contain_text("together with")
    assert ada.locator(".prose").inner_text().split() == ["coins", "map", "boots"]


def test_a_lost_connection_is_told_and_loses_nothing(ada: Page, complaints: Complaints) -> None:
    ada.goto("/notes/new")
    ada.context.set_offline(True)
    ada.fill("#body", "written on the train")
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("No connection: not saved.")
    complaints.found.clear()  # the browser says that it could not reach the server: it could not
    ada.context.set_offline(False)
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("Saved.")
    assert titles(ada) == ["written on the train"]


def test_whose_session_ended_signs_in_and_is_back_at_the_form_with_the_text(ada: Page, opened: Opener) -> None:
    write(ada, "Letter", "Dear Ruth")
    open_editor(ada, "Letter")
    email = ada.locator(".account a[href='/account']").inner_text()
    elsewhere = sign_in(opened(), email)
    elsewhere.goto("/account")
    elsewhere.get_by_role("button", name="Sign out everywhere else").click()
    ada.fill("#body", "Dear Ruth, thank you")
    save(ada)
    expect(ada.locator("h1")).to_have_text("Sign in")
    sign_in(ada, email, at=ada.url)
    ada.get_by_role("button", name="Use it").click()
    save(ada)
    expect(ada.locator(".prose")).to_have_text("Dear Ruth, thank you")


def test_signing_out_leaves_no_text_in_the_browser(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.fill("#body", "private")
    ada.get_by_role("button", name="Sign out").click()
    expect(ada.locator("h1")).to_have_text("Sign in")
    assert ada.evaluate("JSON.stringify({...localStorage})").count("private") == 0


def sign_in(page: Page, email: str, *, at: str = "/sign-in") -> Page:
    page.goto(at)
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    expect(page.locator(".account")).to_contain_text(email)
    return page
