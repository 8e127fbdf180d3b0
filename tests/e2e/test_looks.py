"""The drawer, compact rows, keys for Markdown, print and forced colours."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from devtools.page_actions import save, write
from e2e.conftest import Opener, signed_up

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def test_the_drawer_lies_over_the_page_begins_with_the_account_and_keeps_the_keys_inside(opened: Opener) -> None:
    phone = signed_up(opened(**PHONE))
    heading = phone.locator("main h1")
    before = heading.bounding_box()
    phone.locator(".menu summary").tap()
    tops = [link.bounding_box() for link in phone.locator(".places a").all()]
    account = phone.locator(".account a").first
    assert "@example.org" in account.inner_text()
    assert account.bounding_box() == min((box for box in tops if box), key=lambda box: box["y"])
    assert heading.bounding_box() == before
    assert phone.locator("main").evaluate("main => main.inert")
    phone.keyboard.press("Escape")
    expect(phone.get_by_role("link", name="Tasks")).to_be_hidden()
    assert not phone.locator("main").evaluate("main => main.inert")


def test_on_a_phone_new_and_search_stay_within_reach(opened: Opener) -> None:
    phone = signed_up(opened(**PHONE))
    write(phone, "Long", "line\n\n" * 100)
    phone.evaluate("scrollTo(0, 1500)")
    for name in (".new", ".find input"):
        expect(phone.locator(name)).to_be_in_viewport()


def test_rows_are_compact_where_somebody_chose_so(ada: Page) -> None:
    write(ada, "Bread", "Fold it four times")
    ada.goto("/notes")
    expect(ada.locator(".notes .text")).to_be_visible()
    ada.get_by_role("button", name="Compact").click()
    expect(ada.locator(".notes .text")).to_be_hidden()
    ada.goto("/notes")
    expect(ada.locator(".notes .text")).to_be_hidden()
    expect(ada.get_by_role("button", name="Compact")).to_have_attribute("aria-pressed", "true")


def test_numbers_stand_before_their_words_in_a_row_that_runs_from_right_to_left(ada: Page) -> None:
    write(ada, "שלום עולם", "- [ ] واحد\n- [x] اثنان", tags="בית")
    ada.goto("/notes")
    expect(ada.locator(".items")).to_have_text("1 of 2")
    at = """(element, character) => {
      const range = document.createRange();
      range.setStart(element.firstChild, character);
      range.setEnd(element.firstChild, character + 1);
      return range.getBoundingClientRect().left;
    }"""
    ada.locator(".notes time").evaluate("time => { time.textContent = '2 min ago'; }")
    for selector in (".items", ".notes time"):
        first, last = (ada.locator(selector).evaluate(at, character) for character in (0, 5))
        assert first < last, selector


def test_a_word_wider_than_the_page_fits_into_a_row(opened: Opener) -> None:
    phone = signed_up(opened(**PHONE))
    write(phone, "W" * 200, "text", tags="w" * 40)
    phone.goto("/notes")
    for _ in ("compact", "two lines"):
        phone.get_by_role("button", name="Compact").tap()
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
        assert phone.locator(".notes li").evaluate(
            "row => [...row.querySelectorAll('.title, .tag')].every((part) => {"
            "  const time = row.querySelector('time').getBoundingClientRect();"
            "  return part.getBoundingClientRect().right <= time.left; })"
        )


@pytest.mark.parametrize("viewport", [PHONE["viewport"], {"width": 1440, "height": 900}], ids=["phone", "wide"])
def test_an_earlier_version_can_be_read(opened: Opener, viewport: ViewportSize) -> None:
    page = signed_up(opened(viewport=viewport))
    write(page, "W" * 200, "bread", tags="w" * 40)
    page.get_by_role("link", name="Edit").click()
    page.fill("#title", "V" * 200)
    page.fill("#body", "bread\n\nFold it four times")
    save(page)
    expect(page.locator("h1")).to_have_text("V" * 200)
    page.goto(f"/tags/{'w' * 40}")
    page.locator(".notes .title").click()
    page.get_by_role("link", name="History").click()
    expect(page.locator(".history li")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    page.locator(".history a").click()
    expect(page.locator(".difference")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    for line in page.locator(".difference > .new").all():
        assert line.evaluate("line => line.offsetWidth - line.parentElement.clientWidth") == 0
    beside = page.locator(".beside .heading")
    expect(beside).to_be_visible(visible=viewport["width"] == 1440)
    for heading in beside.all():
        assert heading.evaluate("heading => heading.scrollWidth - heading.clientWidth") == 0


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("- milk\n{Enter}bread", "- milk\n- bread"),
        ("9. milk\n{Enter}bread", "9. milk\n10. bread"),
        ("- [x] milk\n{Enter}bread", "- [x] milk\n- [ ] bread"),
        ("> milk\n{Enter}bread", "> milk\n> bread"),
        ("- milk\n{Enter}{Enter}bread", "- milk\nbread"),
        ("milk\n{Enter}bread", "milk\nbread"),
    ],
)
def test_enter_goes_on_with_a_list_and_ends_it_at_an_empty_item(ada: Page, typed: str, text: str) -> None:
    ada.goto("/notes/new")
    ada.locator("#body").focus()
    for part in typed.replace("\n", "").replace("{Enter}", "\n").splitlines(keepends=True):
        ada.keyboard.type(part.rstrip("\n"))
        if part.endswith("\n"):
            ada.keyboard.press("Enter")
    expect(ada.locator("#body")).to_have_value(text)


@pytest.mark.parametrize(("key", "text"), [("b", "a **word** here"), ("i", "a *word* here"), ("k", "a [word](x) here")])
def test_keys_mark_what_is_selected_and_undo_takes_it_back(ada: Page, key: str, text: str) -> None:
    ada.goto("/notes/new")
    ada.fill("#body", "a word here")
    ada.locator("#body").evaluate("text => { text.focus(); text.setSelectionRange(2, 6); }")
    ada.keyboard.press(f"Control+{key}")
    if key == "k":
        ada.keyboard.type("x")
    expect(ada.locator("#body")).to_have_value(text)
    for _ in range(2 if key == "k" else 1):  # the address was typed by itself
        ada.keyboard.press("Control+z")
    expect(ada.locator("#body")).to_have_value("a word here")


def test_enter_in_the_title_goes_to_the_text_and_ctrl_enter_saves(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.keyboard.type("Letter")
    ada.keyboard.press("Enter")
    ada.keyboard.type("Dear Ruth")
    ada.keyboard.press("Control+Enter")
    expect(ada.locator("article .prose")).to_have_text("Dear Ruth")


def test_the_preview_takes_no_room_while_empty_and_scrolls_along(ada: Page) -> None:
    ada.goto("/notes/new")
    expect(ada.locator("#toggle-preview")).to_have_attribute("aria-pressed", "true")
    expect(ada.locator(".preview")).to_be_hidden()
    ada.fill("#body", "line\n\n" * 200)
    expect(ada.locator(".preview p").last).to_be_attached()
    ada.locator("#body").evaluate("text => text.scrollTo(0, text.scrollHeight)")
    expect(ada.locator(".preview p").last).to_be_in_viewport()


def test_print_holds_the_note_alone_with_long_code_wrapped(ada: Page) -> None:
    write(ada, "Code", "```\n" + "word " * 100 + "\n```")
    ada.emulate_media(media="print")
    for size in ((559, 794), (1123, 794)):
        ada.set_viewport_size({"width": size[0], "height": size[1]})
        for hidden in (".top", ".places", ".acts"):
            expect(ada.locator(hidden).first).to_be_hidden()
        assert ada.locator("article pre").evaluate("code => code.scrollWidth <= code.clientWidth")
        assert ada.locator("main").evaluate("main => main.getBoundingClientRect().left") < 20


BACKGROUND = "element => getComputedStyle(element).backgroundColor"
BORDER = "element => getComputedStyle(element, '::before').borderStyle"


def test_forced_colours_show_the_chosen_kind_and_open_tasks(opened: Opener) -> None:
    page = signed_up(opened(forced_colors="active"))
    write(page, "Water the seedlings", status="open")
    page.goto("/tasks")
    assert page.locator(".notes .tick").evaluate(BORDER) == "solid"
    page.goto("/notes/new")
    chosen, other = (page.locator(f"label[for=status-{kind}]").evaluate(BACKGROUND) for kind in ("none", "open"))
    assert chosen != other
