"""The page of entries, which needs no account."""

from __future__ import annotations

from devtools.engines import Visit


def test_an_entry_is_sent_and_shown_and_back_shows_the_newest(visit: Visit) -> None:
    window, other = visit.window(), visit.window()
    window.open("/entries")
    window.fill("#username", "dora")
    window.fill("#number", "00123456")
    window.click("button", "Send")
    window.wait_for_text(".message", "Saved: 00123456 by dora.")
    window.click("a", "dora")
    window.wait(lambda: window.path != "/entries", "the page of dora")
    other.open("/entries")
    other.fill("#username", "emil")
    other.fill("#number", "87654321")
    other.click("button", "Send")
    other.wait_for_text(".latest", "87654321")
    window.back()
    window.wait_for_text(".latest", "87654321")


def test_a_number_that_breaks_the_rule_is_not_sent(visit: Visit) -> None:
    window = visit.window()
    window.open("/entries")
    window.fill("#username", "dora")
    window.fill("#number", "1234567")
    window.click("button", "Send")
    assert window.evaluate("() => document.querySelector('#number').validity.patternMismatch")
