"""Keys work on every layout, and a field never cuts off what is typed without a word."""

from __future__ import annotations

from devtools.engines.window import Window
from engines.acts import save, write

# A driver's keyboard is American; this is what a Russian one sends for the same keys.
RUSSIAN = """(key, code, ctrlKey) => document.activeElement.dispatchEvent(
  new KeyboardEvent("keydown", { key, code, ctrlKey, bubbles: true, cancelable: true }))"""


def press_russian(window: Window, key: str, code: str, *, control: bool = False) -> None:
    window.wait_until_loaded()
    window.evaluate(RUSSIAN, key, code, control)


def test_letters_lead_to_a_new_note_its_editor_and_through_the_list(window: Window) -> None:
    write(window, "First")
    write(window, "Second")
    window.press("e")
    window.wait_for_value("#title", "Second")
    window.open("/notes")
    window.click("h1")  # WebKit gives a page that nobody has touched no keys
    for title in ("Second", "First"):
        window.press("j")
        window.wait_for_focus(title)
    window.press("Enter")
    window.wait_for_text("h1", "First")
    window.press("n")
    window.wait_for_path("/notes/new")
    window.wait(lambda: window.evaluate("() => document.activeElement.id === 'title'"), "the focus")


def test_a_layout_without_latin_letters_has_the_same_keys(window: Window) -> None:
    write(window, "Письмо")
    press_russian(window, "у", "KeyE")
    window.wait_for_value("#title", "Письмо")
    window.fill("#body", "привет")
    press_russian(window, "ы", "KeyS", control=True)
    window.wait_for_text("#state", "Saved")


def test_a_latin_layout_has_its_own_keys_wherever_they_lie(window: Window) -> None:
    window.click("h1")  # see above
    press_russian(window, "n", "KeyL")  # Dvorak's n
    window.wait_for_path("/notes/new")


def test_a_title_that_is_too_long_is_kept_whole_and_refused_in_a_sentence(window: Window) -> None:
    window.open("/notes/new")
    window.fill("#title", "w" * 201)
    assert len(window.value("#title")) == 201
    save(window)
    window.wait_for_text("[role=alert]", "200")
    assert len(window.value("#title")) == 201
