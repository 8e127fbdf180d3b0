"""What is typed while a form is under way: it was not sent, so it must not go with what was saved."""

from __future__ import annotations

from playwright.sync_api import Page, Route, expect

from devtools.page_actions import open_editor, write


def test_words_typed_while_the_browser_sends_the_form_are_kept_as_a_draft(ada: Page) -> None:
    write(ada, "Hut", "cash")
    open_editor(ada, "Hut")
    held: list[Route] = []
    ada.route("**/notes/*", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    ada.fill("#body", "cash, map")
    ada.keyboard.press("Control+Enter")
    while not held:
        ada.wait_for_timeout(50)
    ada.keyboard.type(", shoes")
    held[0].continue_()
    expect(ada.locator("article .prose")).to_have_text("cash, map")
    expect(ada.locator(".message", has_text="was not saved")).to_be_visible()
    ada.get_by_role("link", name="Go on").click()
    ada.get_by_role("button", name="Use it").click()
    expect(ada.locator("#body")).to_have_value("cash, map, shoes")
