"""A click on a row is answered where it stands, in each engine."""

from __future__ import annotations

import time

from devtools.engines.window import Window
from engines.acts import write
from engines.conftest import Person

FOCUS = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.innerText.trim()"


def press(window: Window, label: str) -> None:
    """Press a button by the keyboard: a mouse does not move the focus in every engine."""
    window.wait_until_loaded()
    window.evaluate("(label) => document.querySelector(`[aria-label='${label}']`).focus()", label)
    window.press("Enter")


def test_a_tick_stays_on_the_page_with_its_focus(window: Window) -> None:
    write(window, "Water the seedlings")
    window.open("/notes")
    window.evaluate("() => { window.isOld = true; }")
    press(window, "Make it a task: Water the seedlings")
    window.wait_for_text(".messages .message", "is open.")
    assert window.evaluate(FOCUS) == "Mark as done: Water the seedlings"
    time.sleep(0.5)  # a click that follows at once belongs to a double click
    window.click("button", "Mark as done: Water the seedlings")
    window.wait_for_text(".messages .message", "is done.")
    assert window.evaluate("() => window.isOld")


def test_a_deleted_row_comes_back_where_it_stood(ada: Person) -> None:
    ada.has_notes(*((title, "") for title in ("Third", "Second", "First")))
    window = ada.window()
    press(window, "Delete: Second")
    window.wait_for_text(".messages .message", "went to the trash")
    assert window.texts(".notes .title") == ["First", "Third"]
    assert window.evaluate(FOCUS) == "Third"
    window.press("u")
    window.wait_for_text(".messages .message", "is among your notes")
    assert window.texts(".notes .title") == ["First", "Second", "Third"]
