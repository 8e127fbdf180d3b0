"""Clicks that change a note are answered where it stands: the row, the message, the focus and the scroll position."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from devtools.page_actions import open_editor, save, second_tab, write
from e2e.conftest import Opener, signed_up

# Sends the empty form once for each title, as fast as the service answers.
CREATE = """async (titles) => {
  for (const title of titles) {
    const page = new DOMParser().parseFromString(await (await fetch("/notes/new")).text(), "text/html");
    const body = new FormData(page.querySelector("#note"));
    body.set("title", title);
    body.set("status", "open");
    await fetch("/notes", { method: "POST", body });
  }
}"""
FOCUS = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText"
OF_A_ROW = ["Mark as done", "Archive", "Delete"]


@pytest.fixture
def ada(ada: Page) -> Page:
    """Ada has fourteen tasks."""
    ada.evaluate(CREATE, [f"Task {number}" for number in range(14)])
    return ada


def open_list(page: Page, path: str = "/notes") -> None:
    page.set_viewport_size({"width": 1000, "height": 500})
    page.goto(path)
    page.evaluate("window.isOld = true")


def is_the_same_page(page: Page) -> bool:
    return bool(page.evaluate("window.isOld === true"))


def act(page: Page, name: str, title: str) -> None:
    """Press a button of a row by the keyboard."""
    button = page.get_by_role("button", name=f"{name}: {title}", exact=True)
    button.focus()
    page.keyboard.press("Enter")


def said(page: Page, text: str) -> None:
    expect(page.locator(".messages[aria-live] .message p")).to_have_text(text)


def scrolled(page: Page) -> int:
    return int(page.evaluate("scrollY"))


def test_a_tick_changes_its_row_and_moves_neither_focus_nor_page(ada: Page) -> None:
    open_list(ada, "/tasks")
    ada.get_by_role("button", name="Mark as done: Task 9", exact=True).scroll_into_view_if_needed()
    before = scrolled(ada)
    assert before > 0
    act(ada, "Mark as done", "Task 9")
    said(ada, "“Task 9” is done.")
    expect(ada.locator(".notes li.done .title")).to_have_text("Task 9")
    assert ada.evaluate(FOCUS) == "Open again: Task 9"
    assert scrolled(ada) == before
    assert is_the_same_page(ada)


def test_a_deleted_row_goes_and_undo_puts_it_back_where_it_stood(ada: Page) -> None:
    open_list(ada)
    titles = ada.locator(".notes .title")
    before = titles.all_text_contents()
    act(ada, "Delete", before[3])
    said(ada, f"“{before[3]}” went to the trash.")
    assert titles.all_text_contents() == before[:3] + before[4:]
    assert ada.evaluate(FOCUS) == before[4]
    ada.keyboard.press("u")
    said(ada, f"“{before[3]}” is among your notes.")
    assert titles.all_text_contents() == before
    assert ada.evaluate(FOCUS).endswith(before[3])
    assert is_the_same_page(ada)


def test_what_is_archived_says_so_in_a_search_and_keeps_its_marked_words(ada: Page) -> None:
    open_list(ada, "/search?q=Task%203")
    act(ada, "Archive", "Task 3")
    expect(ada.locator(".notes .where")).to_have_text("In the archive")
    expect(ada.locator(".notes .title mark").first).to_have_text("Task")


def test_putting_back_takes_a_row_from_the_trash(ada: Page) -> None:
    open_list(ada)
    act(ada, "Delete", "Task 5")
    said(ada, "“Task 5” went to the trash.")
    open_list(ada, "/trash")
    act(ada, "Put back", "Task 5")
    expect(ada.locator(".notes li")).to_have_count(0)
    assert is_the_same_page(ada)


def test_a_note_is_pinned_and_ticked_on_its_own_page(ada: Page) -> None:
    open_list(ada)
    ada.get_by_role("link", name="Task 5", exact=True).click()
    ada.evaluate("window.isOld = true")
    ada.get_by_role("button", name="Pin", exact=True).click()
    said(ada, "“Task 5” is pinned to the top.")
    assert ada.evaluate(FOCUS).strip() == "Unpin"
    ada.get_by_role("button", name="Open – mark as done").click()
    said(ada, "“Task 5” is done.")
    assert is_the_same_page(ada)


def test_items_are_ticked_one_after_another_where_the_note_is_read(ada: Page) -> None:
    write(ada, "Shopping", "- [ ] milk\n- [x] bread\n- [ ] eggs")
    ada.evaluate("window.isOld = true")
    for name in ("milk", "eggs"):
        box = ada.get_by_role("checkbox", name=name)
        box.focus()
        ada.keyboard.press("Enter")
    expect(ada.get_by_role("checkbox", name="eggs", checked=True)).to_be_focused()
    expect(ada.get_by_role("checkbox", checked=True)).to_have_count(3)
    assert is_the_same_page(ada)
    ada.goto("/notes")
    expect(ada.locator(".items")).to_have_text("3 of 3")


def test_the_focus_stays_at_an_item_whose_line_has_become_another_one(ada: Page) -> None:
    write(ada, "Shopping", "- [ ] milk\n- [ ] eggs")
    other = second_tab(ada)
    open_editor(other, "Shopping")
    other.fill("#body", "- [ ] bread\n- [ ] milk\n- [ ] eggs")
    save(other)
    ada.get_by_role("checkbox", name="eggs").press("Space")
    expect(ada.get_by_role("checkbox", name="eggs", checked=True)).to_be_focused()


def test_a_double_click_ticks_once(ada: Page) -> None:
    open_list(ada)
    ada.get_by_role("button", name="Mark as done: Task 9", exact=True).dblclick()
    said(ada, "“Task 9” is done.")
    ada.wait_for_timeout(300)
    expect(ada.locator(".notes li.done .title")).to_have_text("Task 9")
    assert ada.locator(".message").count() == 1


def test_without_a_connection_nothing_changes_and_the_page_says_so(ada: Page) -> None:
    open_list(ada)
    ada.context.set_offline(True)
    act(ada, "Mark as done", "Task 9")
    said(ada, "No connection: nothing was changed.")
    expect(ada.locator(".notes li.done")).to_have_count(0)
    ada.context.set_offline(False)


def test_what_needs_an_answer_is_asked_on_a_page(ada: Page) -> None:
    open_list(ada)
    other = ada.context.new_page()
    open_list(other)
    act(other, "Delete", "Task 9")
    said(other, "“Task 9” went to the trash.")
    act(ada, "Mark as done", "Task 9")
    expect(ada.locator("h1")).to_have_text("It is in the trash")


def test_a_message_that_comes_with_a_page_is_put_into_the_live_region_afterwards(ada: Page) -> None:
    ada.add_init_script("""
        addEventListener("load", () => new MutationObserver(() => (document.body.id = "announced")).observe(
          document.querySelector(".messages"), { childList: true, subtree: true }));
    """)
    write(ada, "Another")
    expect(ada.locator("body")).to_have_id("announced")
    expect(ada.locator(".message p")).to_have_text("Saved.")


HIDDEN_UNDER_A_FINGER = """() => [...document.querySelectorAll(".notes li")].flatMap((row) => {
  const box = row.getBoundingClientRect();
  const found = [];
  for (let x = box.left + 2; x < box.right; x += 6) for (let y = box.top + 2; y < box.bottom; y += 6) {
    const button = document.elementFromPoint(x, y)?.closest("button");
    const drawn = button && [button, button.parentElement].every((one) => getComputedStyle(one).opacity > 0)
      && (button.innerText || getComputedStyle(button, "::before").opacity > 0);
    if (button && !drawn) found.push(button.ariaLabel);
  }
  return found;
})"""


@pytest.mark.parametrize("is_mobile", [True, False])
def test_no_control_that_a_finger_cannot_see_is_under_it(opened: Opener, is_mobile: bool) -> None:
    phone = signed_up(opened(has_touch=True, is_mobile=is_mobile, viewport={"width": 390, "height": 844}))
    write(phone, "Plain")
    write(phone, "Task", status="open")
    phone.goto("/notes")
    assert phone.evaluate(HIDDEN_UNDER_A_FINGER) == []
    if is_mobile:
        box = phone.locator(".notes li", has_text="Plain").bounding_box()
        assert box
        phone.touchscreen.tap(box["x"] + 20, box["y"] + 20)
        expect(phone.locator("h1")).to_have_text("Plain")


@pytest.mark.parametrize("name", OF_A_ROW)
def test_without_scripts_a_button_of_a_row_leads_back_to_the_list(opened: Opener, name: str) -> None:
    plain = signed_up(opened(java_script_enabled=False))
    write(plain, "Task", status="open")
    plain.goto("/notes")
    plain.get_by_role("button", name=f"{name}: Task").click(force=True)
    expect(plain.locator(".message")).to_contain_text("“Task”")
    plain.wait_for_url("**/notes")


def test_a_tag_is_suggested_while_it_is_typed_and_taken_by_the_keyboard(ada: Page) -> None:
    write(ada, "Beds", tags="garden home")
    ada.goto("/notes/new")
    ada.locator("#tags").press_sequentially("home ga")
    expect(ada.get_by_role("option")).to_have_text(["garden"])
    ada.keyboard.press("ArrowDown")
    expect(ada.get_by_role("option", selected=True)).to_have_text("garden")
    ada.keyboard.press("Enter")
    expect(ada.locator("#tags")).to_have_value("home garden ")
    expect(ada.get_by_role("option")).to_have_count(0)


def test_a_title_is_suggested_after_two_brackets_and_the_link_leads_there_and_back(ada: Page) -> None:
    write(ada, "Wooden hut")
    ada.goto("/notes/new")
    ada.fill("#title", "Trip")
    ada.locator("#body").press_sequentially("to the [[woo")
    expect(ada.get_by_role("option")).to_have_text(["Wooden hut"])
    ada.keyboard.press("ArrowDown")
    ada.keyboard.press("Enter")
    expect(ada.locator("#body")).to_have_value("to the [[Wooden hut]]")
    ada.get_by_role("button", name="Save", exact=True).click()
    ada.locator(".prose").get_by_role("link", name="Wooden hut").click()
    expect(ada.locator("h1")).to_have_text("Wooden hut")
    ada.locator(".backlinks").get_by_role("link", name="Trip").click()
    expect(ada.locator("h1")).to_have_text("Trip")


def test_enter_in_the_field_of_a_tag_adds_it_and_on_a_box_changes_nothing(ada: Page) -> None:
    open_list(ada, "/notes?select=1")
    ada.get_by_role("checkbox", name="Select: Task 3", exact=True).check()
    ada.get_by_label("Tag to add").fill("spring")
    ada.keyboard.press("Enter")
    said(ada, "1 note is tagged #spring now.")
    ada.goto("/notes?select=1")
    ada.get_by_role("checkbox", name="Select: Task 3", exact=True).check()
    ada.keyboard.press("Enter")
    expect(ada.locator("main")).to_contain_text("or a tag that is given")
    ada.goto("/archive")
    expect(ada.locator(".notes li")).to_have_count(0)


def test_several_notes_are_archived_at_once_and_come_back_by_undo(ada: Page) -> None:
    open_list(ada)
    ada.get_by_text("Sort and select").click()
    ada.get_by_role("link", name="Select several").click()
    for title in ("Task 3", "Task 4"):
        ada.get_by_role("checkbox", name=f"Select: {title}", exact=True).check()
    ada.get_by_role("button", name="Archive").click()
    said(ada, "2 notes are in the archive now.")
    expect(ada.locator(".notes li")).to_have_count(12)
    ada.get_by_role("button", name="Undo").click()
    expect(ada.locator(".notes li")).to_have_count(14)


def test_a_note_is_opened_where_the_script_that_shows_it_beside_its_list_does_not_run(ada: Page) -> None:
    ada.set_viewport_size({"width": 1440, "height": 900})
    ada.route("**/static/beside.js*", lambda route: route.fulfill(content_type="text/javascript", body="throw Error()"))
    ada.goto("/notes")
    ada.get_by_role("link", name="Task 9", exact=True).click()
    expect(ada.locator("main h1")).to_have_text("Task 9")
