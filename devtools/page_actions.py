"""What people do on the pages, in their words."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def write(page: Page, title: str, body: str = "", *, status: str = "none", tags: str = "") -> None:
    page.goto("/notes/new")
    page.fill("#title", title)
    page.fill("#body", body)
    page.fill("#tags", tags)
    choose_status(page, status)
    save(page)
    expect(page.locator("h1")).to_have_text(title or body.split("\n", maxsplit=1)[0])


def choose_status(page: Page, status: str) -> None:
    """By the label, which is all that people see of the choice."""
    page.locator(f"label[for=status-{status}]").click()
    expect(page.locator(f"#status-{status}")).to_be_checked()


def save(page: Page) -> None:
    page.get_by_role("button", name="Save", exact=True).click()


def open_editor(page: Page, title: str) -> None:
    page.goto("/notes")
    page.get_by_role("link", name=title, exact=True).click()
    page.get_by_role("link", name="Edit").click()
    expect(page.locator("#body")).to_be_visible()


def second_tab(page: Page) -> Page:
    """Open the same page once more in the same browser."""
    other = page.context.new_page()
    other.goto(page.url)
    return other


def titles(page: Page) -> list[str]:
    page.goto("/notes")
    return page.locator(".notes .title").all_text_contents()


def message(page: Page) -> str:
    return page.locator(".message p").first.inner_text()
