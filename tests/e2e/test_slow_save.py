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


def test_words_typed_while_a_refused_form_is_sent_once_more_are_kept_as_well(ada: Page) -> None:
    write(ada, "Hut", "cash")
    open_editor(ada, "Hut")
    held: list[Route] = []
    ada.route("**/notes/*", lambda route: held.append(route) if is_sent_by_browser(route) else route.continue_())
    ada.fill("#title", "x" * 201)
    ada.focus("#body")
    ada.keyboard.press("Control+s")
    while not held:
        ada.wait_for_timeout(50)
    ada.keyboard.type("shoes")
    held.pop().continue_()
    expect(ada.locator("[role=alert]")).to_contain_text("at most 200 characters")
    ada.unroute_all()
    ada.fill("#title", "Hut")
    ada.get_by_role("button", name="Save", exact=True).click()
    expect(ada.locator(".message", has_text="was not saved")).to_be_visible()


def is_sent_by_browser(route: Route) -> bool:
    return route.request.method == "POST" and route.request.resource_type == "document"
