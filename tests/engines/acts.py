"""What people do on the pages, in any engine."""

from __future__ import annotations

from devtools.engines.window import Window
from devtools.people import PASSWORD


def write(window: Window, title: str, body: str = "") -> str:
    """Write a note; return its path. The window shows it."""
    window.open("/notes/new")
    if title:
        window.fill("#title", title)
    if body:
        window.fill("#body", body)
    save(window)
    window.wait_for_text("h1", title or body.split("\n", maxsplit=1)[0])
    return window.path


def save(window: Window) -> None:
    window.click("button", "Save")


def use_draft(window: Window) -> None:
    window.click(".draft button", "Use it")
    window.wait(lambda: window.texts(".draft") == [], "the draft to be taken")


def stay(window: Window) -> None:
    window.press("Control", "s")
    window.wait_for_text("#state", "Saved")


def sign_in(window: Window, email: str) -> None:
    window.fill("[name=email]", email)
    window.fill("[name=password]", PASSWORD)
    window.click("main button", "Sign in")
