"""What holds on every page: it fits a phone, reads well in both schemes and for screen readers, and breaks no rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from devtools.page_actions import open_editor, save, second_tab, write
from e2e.conftest import MILLISECONDS, ONE_COLUMN, Complaints, Opener, signed_up, somewhere

SIGNED_OUT = ["/sign-in", "/sign-up", "/recover", "/nothing/here"]
SIGNED_IN = [
    "/notes",
    "/tasks",
    "/archive",
    "/trash",
    "/tags/home",
    "/tags/unused",
    "/search?q=bread",
    "/search?q=zebra",
    "/notes?sort=created",
    "/notes?sort=due",
    "/notes?sort=changed&done=hide",
    "/notes?select=1",
]
SIGNED_IN += [
    "/search",
    "/tags",
    "/account/tokens",
    "/account/events",
    "/account/trail",
    "/account/factors",
    "/account/factors/app",
    "/account/address",
    "/api/v1/docs",
    "/entries",
    "/search?q=hit",
    "/notes/new",
    "/trash/empty",
    "/account",
    "/notes/1",
    "/notes?at=nonsense",
]
OF_A_NOTE = ["", "/edit", "/history", "/history/1"]


def faults(page: Page) -> list[str]:
    """Return what axe-core finds, with the size of targets and best practices."""
    found = Axe().run(page, options={"rules": {"target-size": {"enabled": True}}}).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for fault in found
        for node in fault["nodes"]
    ]


def is_too_wide(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > innerWidth"))


def examine(page: Page) -> None:
    for width in (390, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        if width == 1440 and page.locator("body:is(.note, .writing)").count():
            # The list last seen, which is that of another test: of tasks there are two, open and done.
            expect(page.locator(".beside .notes, .beside .empty").first).to_be_attached()
        assert not is_too_wide(page), f"{page.url} is wider than {width} pixels"
        for scheme in ("light", "dark") if width != 1024 else ():
            page.emulate_media(color_scheme=scheme)
            assert faults(page) == [], f"{page.url} {scheme} {width}"
    page.set_viewport_size(ONE_COLUMN)


@pytest.mark.parametrize("path", SIGNED_OUT)
def test_pages_for_everybody(opened: Opener, complaints: Complaints, path: str) -> None:
    page = opened()
    page.goto(path)
    examine(page)
    complaints.found = [text for text in complaints.found if "404" not in text]


@pytest.fixture(scope="module")
def furnished(address: str, chromium: Browser) -> Iterator[Page]:
    """One browser for all pages of somebody who has written a little of everything."""
    context = chromium.new_context(base_url=address, extra_http_headers=somewhere(), viewport=ONE_COLUMN)
    context.set_default_timeout(MILLISECONDS)
    page = signed_up(context.new_page())
    write(page, "Bread", "long " + "w" * 300 + "\n\n```\n" + "code " * 60 + "\n```\n\n- [x] one\n\n> said", tags="home")
    write(page, "A title " + "without-a-space" * 11, "| " + "table | " * 20 + "\n|" + "-|" * 20, status="open")
    write(page, "Done is done", status="done")
    write(page, "A hit in hits", "hit " * 30 + "\n\n" + "- [ ] hit\n" * 3, tags="a b c", status="open")
    for name in ("Archive", "Delete"):
        write(page, f"To {name}", "some text")
        page.get_by_role("button", name=name).click()
    open_editor(page, "Bread")
    page.fill("#body", "another text\n\n- [x] one")
    save(page)
    expect(page.locator(".message")).to_contain_text("Saved.")
    yield page
    context.close()


@pytest.mark.parametrize("path", SIGNED_IN)
def test_pages_of_somebody(furnished: Page, complaints: Complaints, path: str) -> None:
    complaints.listen(furnished)
    furnished.goto(path)
    examine(furnished)
    complaints.found = [text for text in complaints.found if "404" not in text]


def test_the_heading_of_the_trash_is_in_one_piece_on_a_phone(furnished: Page) -> None:
    furnished.set_viewport_size({"width": 390, "height": 844})
    furnished.goto("/trash")
    expect(furnished.get_by_text("Empty the trash")).to_be_visible()
    lines = furnished.locator("main h1").evaluate(
        "h1 => { const all = document.createRange(); all.selectNodeContents(h1); return all.getClientRects().length; }"
    )
    furnished.set_viewport_size(ONE_COLUMN)
    assert lines == 1


@pytest.mark.parametrize("path", OF_A_NOTE)
def test_pages_of_a_note(furnished: Page, complaints: Complaints, path: str) -> None:
    complaints.listen(furnished)
    furnished.goto("/notes")
    note = furnished.get_by_role("link", name="Bread").get_attribute("href")
    furnished.goto(f"{note}{path}")
    examine(furnished)


def test_a_refused_form(ada: Page) -> None:
    ada.goto("/notes/new")
    save(ada)
    expect(ada.locator("[role=alert]")).to_be_focused()
    examine(ada)


def test_a_conflict(ada: Page) -> None:
    write(ada, "Train", "leaves at 9:12")
    open_editor(ada, "Train")
    other = second_tab(ada)
    other.fill("#body", "leaves at 10:12")
    save(other)
    ada.fill("#body", "leaves at 8:12")
    save(ada)
    expect(ada.locator(".conflict")).to_be_focused()
    examine(ada)


def test_the_dialog_of_keys(ada: Page) -> None:
    ada.keyboard.press("?")
    expect(ada.get_by_role("dialog")).to_contain_text("New note")
    examine(ada)


# --- The checks themselves ---------------------------------------------------------------------------------------


def test_axe_finds_planted_faults(ada: Page) -> None:
    ada.evaluate("document.querySelector('.find input').removeAttribute('aria-label')")
    ada.evaluate("document.querySelector('.find input').removeAttribute('placeholder')")
    assert any("label" in fault for fault in faults(ada))


def test_a_page_that_is_too_wide_is_found(ada: Page) -> None:
    ada.set_viewport_size({"width": 390, "height": 844})
    ada.evaluate("document.querySelector('h1').textContent = 'w'.repeat(900)")
    ada.evaluate("document.querySelector('h1').style.whiteSpace = 'nowrap'")
    ada.evaluate("document.querySelector('h1').style.overflowWrap = 'normal'")
    assert is_too_wide(ada)


@pytest.mark.parametrize(
    "plant",
    [
        "document.body.setAttribute('style', 'color: red')",
        "document.body.append(Object.assign(document.createElement('script'), {textContent: 'planted = 1'}))",
        "document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:1/picture.png'}))",
    ],
)
def test_what_the_policy_refuses_is_found(ada: Page, complaints: Complaints, plant: str) -> None:
    with ada.expect_console_message():
        ada.evaluate(plant)
    assert any("Content Security Policy" in text for text in complaints.found), complaints.found
    complaints.found.clear()
