"""The same things with a thumb, with the keyboard alone, and without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from devtools.page_actions import open_editor, save, titles, write
from e2e.conftest import Complaints, Opener, signed_up

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
THUMB = 44  # CSS pixels, WCAG 2.5.5


@pytest.fixture
def phone(opened: Opener) -> Page:
    return signed_up(opened(**PHONE))


@pytest.fixture
def plain(opened: Opener) -> Page:
    """A browser that runs no scripts."""
    return signed_up(opened(java_script_enabled=False))


def focus_on(page: Page, name: str) -> None:
    """Press Tab until the element with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText || ''").strip() == name:
            return
    pytest.fail(f"no way to {name} by Tab")


def test_on_a_phone_the_places_are_behind_one_button(phone: Page) -> None:
    tasks = phone.get_by_role("link", name="Tasks")
    expect(tasks).to_be_hidden()
    phone.locator(".menu summary").tap()
    tasks.tap()
    expect(phone.locator("h1")).to_have_text("Tasks")


def test_on_a_phone_everything_to_tap_is_as_large_as_a_thumb(phone: Page) -> None:
    write(phone, "Water the seedlings", status="open")
    phone.goto("/notes")
    phone.locator(".menu summary").tap()
    for target in phone.locator(".btn, .tick, .places a, .places button:visible, summary").all():
        box = target.bounding_box()
        assert box
        assert box["height"] >= THUMB, f"{target.inner_text()}: {box}"


def test_on_a_phone_a_task_is_ticked_off_and_a_note_deleted(phone: Page) -> None:
    write(phone, "Water the seedlings", status="open")
    phone.goto("/notes")
    phone.get_by_role("button", name="Mark as done").tap()
    expect(phone.locator(".message")).to_contain_text("is done")
    phone.get_by_role("link", name="Water the seedlings").tap()
    phone.get_by_role("button", name="Delete").tap()
    expect(phone.locator(".message")).to_contain_text("went to the trash")


def test_the_keyboard_alone_is_enough(ada: Page) -> None:
    ada.keyboard.press("n")
    expect(ada.locator("#title")).to_be_focused()
    ada.keyboard.type("By hand")
    focus_on(ada, "Save")
    ada.keyboard.press("Enter")
    expect(ada.locator("h1")).to_have_text("By hand")
    ada.keyboard.press("e")
    expect(ada.locator("#title")).to_have_value("By hand")
    focus_on(ada, "Cancel")
    ada.keyboard.press("Enter")
    expect(ada.locator(".prose")).to_be_attached()


def test_the_list_is_used_by_the_keyboard(ada: Page) -> None:
    for title in ("First", "Second"):
        write(ada, title)
    ada.goto("/notes")
    ada.keyboard.press("j")
    ada.keyboard.press("j")
    expect(ada.get_by_role("link", name="First")).to_be_focused()
    ada.keyboard.press("k")
    ada.keyboard.press("Enter")
    expect(ada.locator("h1")).to_have_text("Second")


def test_the_first_tab_leads_past_the_places(ada: Page) -> None:
    ada.keyboard.press("Tab")
    expect(ada.locator(".skip")).to_be_focused()
    ada.keyboard.press("Enter")
    expect(ada.locator("main")).to_be_focused()


def test_letters_are_no_keys_while_typing_or_when_switched_off(ada: Page) -> None:
    ada.locator(".find input").press_sequentially("n")
    assert ada.url.endswith("/notes")
    ada.locator("main").focus()
    ada.keyboard.press("?")
    ada.get_by_label("Single letters are keys").uncheck()
    ada.keyboard.press("Escape")
    ada.keyboard.press("n")
    assert ada.url.endswith("/notes")


def test_keys_that_cannot_be_told_say_so(ada: Page, complaints: Complaints) -> None:
    ada.route("**/static/keys.js*", lambda route: route.abort())
    ada.get_by_role("button", name="Keys").click()
    expect(ada.locator("[data-help]")).to_have_text("Offline")
    assert all("Failed to load resource" in text for text in complaints.found)
    complaints.found.clear()


def test_without_javascript_notes_are_written_ticked_off_deleted_and_put_back(plain: Page) -> None:
    write(plain, "On paper", "- [x] pen", status="open")
    plain.goto("/tasks")
    plain.get_by_role("button", name="Mark as done").click()
    expect(plain.locator("main h2")).to_have_text("Done")
    plain.get_by_role("link", name="On paper").click()
    plain.get_by_role("button", name="Delete").click()
    plain.get_by_role("button", name="Undo").click()
    assert titles(plain) == ["On paper"]


def test_without_javascript_save_and_stay_stays(plain: Page) -> None:
    write(plain, "On paper")
    open_editor(plain, "On paper")
    plain.fill("#body", "more")
    plain.get_by_role("button", name="Save and stay").click()
    expect(plain.locator(".message")).to_contain_text("Saved.")
    assert plain.url.endswith("/edit")


def test_without_javascript_a_refused_form_keeps_what_was_typed(plain: Page) -> None:
    plain.goto("/notes/new")
    plain.fill("#body", "kept")
    plain.fill("#tags", "what?")
    save(plain)
    expect(plain.locator("[role=alert]")).to_contain_text("The tag “what?” holds the sign ?")
    assert plain.input_value("#body") == "kept"
