"""What was typed and not saved is kept in the browser, for each form by itself, until it is saved or thrown away."""

from __future__ import annotations

import pytest

from devtools.engines.window import Window
from engines.acts import save, stay, use_draft, write
from engines.conftest import Person

DRAFTS = "() => Object.keys(localStorage).filter((key) => key.startsWith('draft:')).length"
# The answer of a save arrives, the page after it does not: the lid was closed.
SAVE_AND_LEAVE = """() => {
  const form = document.querySelector("#note");
  fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).then(() => (window.left = true));
}"""
BREAK_STORAGE = """() => {
  Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("no storage here", "SecurityError"); },
  });
}"""
# The server has answered, but the answer takes a while to arrive.
SLOW_SAVE = """() => {
  const fetched = window.fetch;
  window.fetch = async (...given) => {
    const answer = await fetched(...given);
    if (String(given[0]).endsWith("/preview")) return answer;
    await new Promise((resolve) => (window.release = resolve));
    return answer;
  };
}"""


def test_a_draft_is_offered_where_somebody_looks_next_and_in_its_form(window: Window) -> None:
    window.open("/notes/new")
    window.fill("#body", "half a sentence")
    window.open("/notes")
    window.wait_for_text(".message", "“half a sentence” was not saved")
    window.click("a", "Go on")
    use_draft(window)
    window.wait_for_value("#body", "half a sentence")
    save(window)
    window.wait_for_text("h1", "half a sentence")
    window.open("/notes/new")
    assert window.texts(".draft") == []
    assert window.evaluate(DRAFTS) == 0


def test_two_windows_on_one_note_keep_two_drafts(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Hut", "cash\n\nmap\n\nshoes")
    window.open(f"{note}/edit")
    other = ada.window(f"{note}/edit")
    window.fill("#body", "coins\n\nmap\n\nshoes")
    other.fill("#body", "cash\n\nmap\n\nboots")
    third = ada.window(f"{note}/edit")
    assert sorted(third.texts(".draft q")) == ["Hut cash map boots", "Hut coins map shoes"]
    save(other)
    other.wait_for_text("article .prose", "boots")
    third.reload()
    assert third.texts(".draft q") == ["Hut coins map shoes"]


def test_whoever_leaves_before_the_next_page_is_there_is_not_offered_what_was_saved(window: Window) -> None:
    window.open("/notes/new")
    window.fill("#body", "saved in the train")
    window.evaluate(SAVE_AND_LEAVE)
    window.wait(lambda: window.evaluate("() => window.left"), "the answer")
    window.open("/notes")
    assert window.texts(".notes .title") == ["saved in the train"]
    assert window.texts(".message") == ["Saved."]
    assert window.evaluate(DRAFTS) == 0


def test_a_form_that_is_empty_again_leaves_no_draft(window: Window) -> None:
    window.open("/notes/new")
    window.click("#body")
    window.type("x\ue003")
    assert window.value("#body") == ""
    assert window.evaluate(DRAFTS) == 0


def test_cancel_asks_once_and_then_discards_the_draft(window: Window) -> None:
    window.open("/notes/new")
    window.fill("#body", "half a sentence")
    window.click("a", "Cancel")
    window.wait_for_text("dialog", "half a sentence")
    window.click("dialog button", "Stay")
    assert window.value("#body") == "half a sentence"
    window.click("a", "Cancel")
    window.click("dialog button", "Throw it away")
    window.wait_for_path("/notes")
    assert window.texts(".message") == []
    assert window.evaluate(DRAFTS) == 0


def test_cancel_does_not_ask_where_nothing_was_typed(window: Window) -> None:
    window.open("/notes/new")
    window.click("a", "Cancel")
    window.wait_for_path("/notes")


@pytest.mark.parametrize("broken", ["{", "null", '"text"', '{"at": "yesterday"}', '{"at": 1, "title": 7, "body": []}'])
def test_a_broken_draft_disables_nothing(ada: Person, broken: str) -> None:
    window = ada.window("/notes/new")
    plant = "(text) => localStorage.setItem(`draft:${document.body.dataset.account}:new.x`, text)"
    window.evaluate(plant, broken)
    window.open("/notes/new")
    window.fill("#body", "one")
    stay(window)
    assert window.evaluate(DRAFTS) == 0


def test_without_any_storage_saving_works(window: Window) -> None:
    window.open("/notes/new")
    window.evaluate(BREAK_STORAGE)
    window.fill("#body", "one")
    stay(window)
    window.press("Control", "a")
    window.type("two")
    stay(window)
    save(window)
    window.wait_for_text("h1", "two")


def test_what_is_typed_while_a_save_is_under_way_stays_a_draft(ada: Person) -> None:
    window = ada.window("/notes/new")
    window.fill("#body", "one")
    window.evaluate(SLOW_SAVE)
    window.press("Control", "s")
    window.type(" two")
    ada.window("/notes").close()
    window.wait(lambda: window.evaluate("() => 'release' in window"), "the answer to the save, which is held back")
    window.evaluate("() => window.release()")
    window.wait_for_text("#state", "Saved")
    assert window.value("#body") == "one two"
    other = ada.window("/notes")
    other.wait_for_text(".message", "“one two” was not saved")
