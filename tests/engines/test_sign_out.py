"""After signing out nothing that was private is to be seen, by Back or in another window."""

from __future__ import annotations

from engines.acts import write
from engines.conftest import Person


def test_back_shows_no_note_after_signing_out(ada: Person) -> None:
    window = ada.window()
    note = write(window, "A secret", "of mine")
    window.open("/notes")
    window.click("a", "A secret")
    window.wait_for_path(note)
    window.click("button", "Sign out")
    window.wait_for_text("h1", "Sign in")
    for _ in range(2):
        window.back()
        window.wait_for_text("h1", "Sign in")
        assert "secret" not in window.text("body")


def test_other_windows_show_no_note_after_signing_out(ada: Person) -> None:
    window = ada.window()
    note = write(window, "A secret", "of mine")
    other = ada.window(note)
    window.click("button", "Sign out")
    other.wait_for_text("h1", "Sign in")


def test_signing_out_says_that_unsaved_text_exists_and_offers_to_stay(ada: Person) -> None:
    window = ada.window("/notes/new")
    window.fill("#body", "half a sentence")
    window.click("button", "Sign out")
    window.wait_for_text("dialog", "half a sentence")
    window.click("dialog button", "Stay")
    assert window.value("#body") == "half a sentence"
    window.click("button", "Sign out")
    window.click("dialog button", "Sign out and throw it away")
    window.wait_for_text("h1", "Sign in")
    assert "sentence" not in window.evaluate("() => JSON.stringify({ ...localStorage })")
