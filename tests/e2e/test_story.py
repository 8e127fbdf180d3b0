"""What people do with notes, in a real browser against the real server."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from devtools.page_actions import open_editor, save, second_tab, titles, write


def test_somebody_signs_up_and_finds_a_page_that_says_how_to_begin(ada: Page) -> None:
    expect(ada.locator("main")).to_contain_text("A blank page.")
    ada.get_by_role("link", name="Write the first note").click()
    expect(ada.locator("#title")).to_be_focused()


def test_a_task_is_ticked_off_on_the_list_and_the_click_can_be_undone(ada: Page) -> None:
    write(ada, "Water the seedlings", status="open")
    ada.goto("/tasks")
    ada.get_by_role("button", name="Mark as done").click()
    expect(ada.locator(".message p")).to_have_text("“Water the seedlings” is done.")
    expect(ada.locator(".notes .done")).to_have_count(1)
    ada.get_by_role("button", name="Undo").click()
    expect(ada.locator(".message p")).to_have_text("“Water the seedlings” is open.")
    expect(ada.locator(".notes .done")).to_have_count(0)


def test_search_marks_what_it_finds_and_explains_when_there_is_nothing(ada: Page) -> None:
    write(ada, "Bread", "Fold it four times, then leave the **dough** overnight.")
    ada.keyboard.press("/")
    ada.keyboard.type("dough")
    ada.keyboard.press("Enter")
    expect(ada.locator("main mark")).to_have_text("dough")
    ada.goto("/search?q=zebra")
    expect(ada.locator(".empty")).to_contain_text("No note fits zebra")


def test_two_tabs_that_change_different_lines_are_merged(ada: Page) -> None:
    write(ada, "Hut", "cash\n\nmap\n\nshoes")
    open_editor(ada, "Hut")
    other = second_tab(ada)
    other.fill("#body", "cash\n\nmap\n\nboots")
    save(other)
    ada.fill("#body", "coins\n\nmap\n\nshoes")
    save(ada)
    expect(ada.locator(".message")).to_contain_text("together with what was saved somewhere else")
    assert ada.locator(".prose").inner_text().split() == ["coins", "map", "boots"]


def test_two_tabs_that_change_the_same_line_lose_neither_text(ada: Page) -> None:
    write(ada, "Train", "leaves at 9:12")
    open_editor(ada, "Train")
    other = second_tab(ada)
    other.fill("#body", "leaves at 10:12")
    save(other)
    ada.fill("#body", "leaves at 8:12")
    save(ada)
    expect(ada.locator(".conflict h2")).to_have_text("Changed in two places")
    assert ada.locator(".sides mark").all_text_contents() == ["8", "10"]
    assert "8:12" in ada.input_value("#body")
    assert "10:12" in ada.input_value("#body")
    ada.fill("#body", "leaves at 8:12, or at 10:12")
    save(ada)
    expect(ada.locator(".prose")).to_have_text("leaves at 8:12, or at 10:12")


def test_a_double_click_on_save_makes_one_note(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.fill("#title", "Only once")
    ada.get_by_role("button", name="Save", exact=True).dblclick()
    expect(ada.locator("h1")).to_have_text("Only once")
    assert titles(ada) == ["Only once"]


def test_a_deleted_note_comes_back_by_undo_and_goes_for_good_only_after_a_question(ada: Page) -> None:
    write(ada, "Old list")
    ada.get_by_role("button", name="Delete").click()
    expect(ada.locator(".message")).to_contain_text("went to the trash")
    ada.get_by_role("button", name="Undo").click()
    assert titles(ada) == ["Old list"]
    ada.get_by_role("link", name="Old list").click()
    ada.get_by_role("button", name="Delete").click()
    ada.goto("/trash")
    ada.get_by_role("link", name="Empty the trash").click()
    ada.get_by_role("button", name="Delete them for good").click()
    expect(ada.locator(".message")).to_have_text("1 note is gone for good.")


def test_an_earlier_version_is_compared_and_restored(ada: Page) -> None:
    write(ada, "Poem", "the first line\nthe second line")
    open_editor(ada, "Poem")
    ada.fill("#body", "the first line\nanother second line")
    save(ada)
    ada.get_by_role("link", name="History").click()
    ada.locator(".history a").first.click()
    assert ada.locator("del").last.inner_text() == "the"
    assert ada.locator("ins").last.inner_text() == "another"
    ada.get_by_role("button", name="Restore it").click()
    expect(ada.locator(".prose")).to_contain_text("the second line")
    ada.get_by_role("button", name="Undo").click()
    expect(ada.locator(".prose")).to_contain_text("another second line")


def test_the_preview_follows_the_typing(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.fill("#body", "# Bring\n\n- [x] cash")
    expect(ada.locator(".preview h1")).to_have_text("Bring")
    expect(ada.locator(".preview input[type=checkbox]")).to_be_checked()


def test_save_and_stay_keeps_the_cursor_and_makes_one_note_of_many_saves(ada: Page) -> None:
    ada.goto("/notes/new")
    ada.locator("#body").press_sequentially("one")
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("Saved.")
    assert ada.url.endswith("/edit")
    ada.keyboard.type(" two")
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("Saved.")
    assert ada.input_value("#body") == "one two"
    assert titles(ada) == ["one two"]


def test_save_and_stay_brings_in_what_another_tab_saved(ada: Page) -> None:
    write(ada, "Hut", "cash\n\nmap\n\nshoes")
    open_editor(ada, "Hut")
    other = second_tab(ada)
    other.fill("#body", "cash\n\nmap\n\nboots")
    save(other)
    ada.fill("#body", "coins\n\nmap\n\nshoes")
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("together with")
    assert ada.input_value("#body") == "coins\n\nmap\n\nboots"
