"""What people do with notes, from signing up to signing out, in every engine."""

from __future__ import annotations

import os

from devtools.engines import Visit
from devtools.engines.window import Window
from devtools.people import PASSWORD
from engines.acts import save, stay, write
from engines.conftest import NUMBERS, Person


def test_somebody_signs_up_writes_ticks_off_finds_and_signs_out(visit: Visit) -> None:
    window = visit.window()
    window.open("/sign-up")
    window.fill("[name=email]", f"eve{os.getpid()}-{next(NUMBERS)}@example.org")
    window.fill("[name=password]", PASSWORD)
    window.fill("[name=again]", PASSWORD)
    window.click("main button", "Sign up")
    window.click("a", "Write the first note")
    window.fill("#title", "Water the seedlings")
    window.fill("#body", "- [x] basil\n- [ ] leek")
    window.click("label", "Open task")
    save(window)
    window.wait_for_text(".message", "Saved.")
    window.open("/tasks")
    window.click("button", "Mark as done: Water the seedlings")
    window.wait_for_text(".message", "is done.")
    window.click("button", "Undo")
    window.wait_for_text(".message", "is open.")
    window.fill(".find input", "leek")
    window.press("Enter")
    window.wait_for_text("main mark", "leek")
    window.click("button", "Sign out")
    window.wait_for_text("h1", "Sign in")


def test_two_windows_that_change_different_lines_are_merged(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Hut", "cash\n\nmap\n\nshoes")
    window.open(f"{note}/edit")
    other = ada.window(f"{note}/edit")
    other.fill("#body", "cash\n\nmap\n\nboots")
    save(other)
    other.wait_for_text("article .prose", "boots")
    window.fill("#body", "coins\n\nmap\n\nshoes")
    stay(window)
    assert window.value("#body") == "coins\n\nmap\n\nboots"


def test_two_windows_that_change_the_same_line_lose_neither_text(ada: Person) -> None:
    window = ada.window()
    note = write(window, "Train", "leaves at 9:12")
    window.open(f"{note}/edit")
    other = ada.window(f"{note}/edit")
    other.fill("#body", "leaves at 10:12")
    save(other)
    other.wait_for_text("article .prose", "10:12")
    window.fill("#body", "leaves at 8:12")
    save(window)
    window.wait_for_text(".conflict h2", "Changed in two places")
    assert window.texts(".sides mark") == ["8", "10"]
    window.fill("#body", "leaves at 8:12, or at 10:12")
    save(window)
    window.wait_for_text("article .prose", "leaves at 8:12, or at 10:12")


def test_a_double_click_on_save_makes_one_note(ada: Person) -> None:
    window = ada.window("/notes/new")
    window.fill("#title", "Only once")
    window.double_click("button", "Save")
    window.wait_for_text("h1", "Only once")
    window.open("/notes")
    assert window.texts(".notes .title") == ["Only once"]


def test_a_deleted_note_comes_back_by_undo(window: Window) -> None:
    write(window, "Old list")
    window.click("button", "Delete")
    window.wait_for_text(".message", "went to the trash")
    window.click("button", "Undo")
    window.wait_for_text(".notes .title", "Old list")
