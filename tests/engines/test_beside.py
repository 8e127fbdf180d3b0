"""On a wide screen list and note stand side by side, and keep what the single pages promise."""

from __future__ import annotations

import pytest

from devtools.engines.window import Window
from engines.acts import save, use_draft
from engines.conftest import Person

BESIDE = ".beside .notes .title"
# What a page adds to its head comes a second later.
SLOW_SCRIPTS = """() => {
  const append = document.head.append.bind(document.head);
  document.head.append = (...parts) => setTimeout(() => append(...parts), 1000);
}"""


@pytest.fixture
def wide(ada: Person) -> Window:
    """A wide tab at Ada's list of three notes."""
    ada.has_notes(*((title, f"text of {title}") for title in ("First", "Second", "Third")))
    window = ada.window()
    window.resize(1500, 900)
    window.open("/notes")
    return window


def choose(window: Window, title: str) -> str:
    window.click(".notes .title", title)
    window.wait_for_text("article h1", title)
    # The list that stands there, not one that is still on its way.
    window.wait(lambda: title in window.texts(f"{BESIDE}[aria-current]"), "the row to be marked")
    return window.path


def test_choosing_a_row_shows_the_note_beside_the_list_and_back_leads_to_the_list(wide: Window) -> None:
    wide.evaluate("() => { window.isSamePage = true; }")
    note = choose(wide, "Second")
    assert wide.texts(BESIDE) == ["Third", "Second", "First"]
    choose(wide, "First")
    wide.back()
    wide.wait_for_path(note)
    wide.wait_for_text("article h1", "Second")
    wide.back()
    wide.wait_for_path("/notes")
    wide.wait_for_text("main h1", "Notes")
    assert wide.texts("article") == []
    assert wide.evaluate("() => window.isSamePage")


def test_a_reload_shows_the_same_note_beside_the_same_list(wide: Window) -> None:
    wide.open("/search?q=text")
    choose(wide, "Second")
    wide.reload()
    wide.wait_for_text("article h1", "Second")
    wide.wait_for_text(".beside h2", "Search text")
    wide.wait(lambda: wide.texts(".beside [aria-current]") == ["Second"], "the row to be marked")


def test_after_a_reload_of_the_list_forward_leads_to_the_note(wide: Window) -> None:
    note = choose(wide, "Second")
    wide.back()
    wide.wait_for_text("main h1", "Notes")
    wide.reload()
    wide.evaluate("() => history.forward()")
    wide.wait_for_path(note)
    wide.wait_for_text("article h1", "Second")


def test_j_and_k_walk_through_the_notes(wide: Window) -> None:
    wide.click("main h1")
    for key, title in (("j", "Third"), ("j", "Second"), ("k", "Third")):
        wide.press(key)
        wide.wait_for_text("article h1", title)
        wide.wait_for_focus(title)
    wide.back()
    wide.wait_for_path("/notes")


def test_editing_opens_beside_the_list_which_shows_what_was_saved(wide: Window) -> None:
    wide.evaluate("() => { window.isSamePage = true; }")
    note = choose(wide, "Second")
    wide.click("article a", "Edit")
    wide.wait_for_value("#title", "Second")
    assert wide.path == f"{note}/edit"
    wide.fill("#title", "Last")
    save(wide)
    wide.wait_for_text("article h1", "Last")
    wide.wait(lambda: wide.texts(BESIDE) == ["Last", "Third", "First"], "the list anew")
    assert wide.path == note
    assert wide.evaluate("() => window.isSamePage")
    wide.open(f"{note}/edit")
    assert wide.texts(".draft") == []


def test_text_and_version_of_a_form_are_of_one_page_whatever_way_leads_to_it(wide: Window) -> None:
    choose(wide, "Second")
    wide.click("article a", "Edit")
    wide.fill("#body", "saved once")
    save(wide)
    wide.wait_for_text("article .prose", "saved once")
    wide.back()
    wide.wait_for_value("#body", "saved once")
    wide.fill("#body", "saved twice")
    save(wide)
    wide.wait_for_text("article .prose", "saved twice")
    wide.wait_for_text(".message", "Saved.")


def test_what_was_typed_is_offered_after_another_note_was_chosen(wide: Window) -> None:
    choose(wide, "Second")
    wide.click("article a", "Edit")
    wide.fill("#body", "typed and left")
    choose(wide, "Third")
    wide.wait_for_text(".message", "was not saved")
    wide.back()
    wide.wait_for_text(".draft", "typed and left")
    use_draft(wide)
    wide.wait_for_value("#body", "typed and left")


def test_a_form_takes_no_text_before_its_script_keeps_drafts(wide: Window) -> None:
    choose(wide, "Second")
    wide.evaluate(SLOW_SCRIPTS)
    wide.click("article a", "Edit")
    wide.fill("#body", "typed at once")
    choose(wide, "Third")
    wide.wait_for_text(".message", "was not saved")


def test_the_second_form_suggests_tags_and_titles_too(wide: Window) -> None:
    for first, title in (("Third", "Second"), ("Second", "Third")):
        wide.wait_for_text(".notes .title", first)  # the list anew: a row that moves is not hit
        choose(wide, title)
        wide.click("article a", "Edit")
        wide.fill("#body", "[[Fir")
        wide.wait_for_text("#body-suggestions", "First")
        wide.press("ArrowDown")
        wide.press("Enter")
        wide.wait_for_value("#body", "[[First]]")
        save(wide)
        wide.wait_for_text("article .prose", "First")


def test_a_collision_is_shown_there_too_and_loses_nothing(wide: Window, ada: Person) -> None:
    note = choose(wide, "Second")
    wide.click("article a", "Edit")
    wide.wait_for_value("#title", "Second")
    other = ada.window(f"{note}/edit")
    other.fill("#body", "text of the other window")
    save(other)
    other.wait_for_text("article .prose", "text of the other window")
    wide.fill("#body", "text of this window")
    save(wide)
    wide.wait_for_text(".conflict", "Changed in two places")
    assert "text of this window" in wide.value("#body")
    assert "text of the other window" in wide.value("#body")
    wide.click(".collision label", "Both, yours first")
    save(wide)
    wide.wait_for_text("article .prose", "text of this window\ntext of the other window")


def test_a_new_note_is_written_beside_the_list_and_made_once(wide: Window) -> None:
    wide.click(".new")
    wide.wait(lambda: wide.evaluate("() => document.activeElement.id === 'title'"), "the focus")
    wide.type("Fourth")
    save(wide)
    wide.wait_for_text("article h1", "Fourth")
    note = wide.path
    wide.wait(lambda: wide.texts(BESIDE) == ["Fourth", "Third", "Second", "First"], "the list anew")
    wide.back()
    wide.wait_for_path(note)
    wide.open("/notes")
    assert wide.texts(".notes .title") == ["Fourth", "Third", "Second", "First"]


@pytest.mark.parametrize("command", ["Archive", "Delete"])
def test_a_note_that_leaves_the_list_makes_room_for_the_next_and_can_be_put_back(wide: Window, command: str) -> None:
    choose(wide, "Second")
    wide.click("article .acts button", command)
    wide.wait_for_text("article h1", "First")
    assert wide.texts(BESIDE) == ["Third", "First"]
    wide.wait(lambda: wide.texts(f"{BESIDE}[aria-current]") == ["First"], "the row to be marked")
    wide.click(".message button", "Undo")
    wide.wait(lambda: wide.texts(BESIDE) == ["Third", "Second", "First"], "the row to come back")


def test_after_the_last_note_the_list_is_shown_alone(wide: Window) -> None:
    for title, following in (("First", "Second"), ("Second", "Third")):
        if title == "First":
            choose(wide, title)
        wide.click("article .acts button", "Delete")
        wide.wait_for_text("article h1", following)
    wide.click("article .acts button", "Delete")
    wide.wait_for_path("/notes")
    wide.wait_for_text("main .empty", "A blank page.")
    assert wide.texts("article") == []
    wide.wait_for_text(".message", "went to the trash")


def test_without_a_session_a_row_leads_to_signing_in(wide: Window, ada: Person) -> None:
    ada.visit.clear_cookies()
    wide.click(".notes .title", "Second")
    wide.wait_for_text("main h1", "Sign in")
