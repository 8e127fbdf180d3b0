"""One tab, and what a person does in it: with real keys and a real mouse, waiting as long as a person would."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

SECONDS_TO_WAIT = 40
KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "Control": "\ue009",
    "Shift": "\ue008",
    "ArrowDown": "\ue015",
}

# The first visible element of a selector; where a text is given, the one that says just that, or has it as its label.
FIND = """(selector, text) => [...document.querySelectorAll(selector)].find((element) =>
  element.getClientRects().length && getComputedStyle(element).visibility !== "hidden" &&
  (text === null || [element.innerText.trim(), element.getAttribute("aria-label")].includes(text)))"""
# Null until it has been drawn there. While they draw, Firefox scrolls to where something was just typed, and WebKit
# moves the focus to what a page has for its first.
CENTRE = f"""(selector, text) => {{
  const element = ({FIND})(selector, text);
  if (element && window.toClick !== element) {{
    window.toClick = element;
    window.isDrawn = false;
    element.scrollIntoView({{ block: "center", behavior: "instant" }});
    requestAnimationFrame(() => requestAnimationFrame(() => {{ window.isDrawn = true; }}));
  }}
  if (!element || !window.isDrawn) return null;
  window.toClick = null;
  const box = element.getBoundingClientRect();
  return [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
}}"""
TEXT = f"(selector) => ({FIND})(selector, null)?.innerText.trim() ?? null"
TEXTS = """(selector) => [...document.querySelectorAll(selector)]
  .filter((element) => element.getClientRects().length).map((element) => element.innerText.trim())"""
SAID = "() => [...document.querySelectorAll('.message, .told, #state, [role=alert]')].map((one) => one.innerText)"
VALUE = "(selector) => document.querySelector(selector)?.value ?? null"
SELECT_ALL = "(selector) => { const field = document.querySelector(selector); field.focus(); field.select(); }"


class Failed(Exception):
    """The browser could not do it: mostly because a page was just being replaced by the next."""


class Window(ABC):
    """A tab on a site; paths begin with a slash."""

    address: str

    @abstractmethod
    def navigate(self, url: str) -> None:
        """Go there, as if typed into the address bar, and wait until it is loaded."""

    @abstractmethod
    def evaluate(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function, return what it returns, as JSON can hold it. Raises Failed."""

    @abstractmethod
    def perform(self, device: dict[str, Any]) -> None:
        """Let a device act, as WebDriver describes it."""

    @abstractmethod
    def activate(self) -> None:
        """Bring the tab to the front: what lies behind gets no keys, and little of the machine."""

    @abstractmethod
    def back(self) -> None:
        """Press the browser's Back."""

    @abstractmethod
    def resize(self, width: int, height: int) -> None:
        """Give the tab another size, in CSS pixels; before that it is about 1180 wide, or less."""

    @abstractmethod
    def image(self) -> bytes:
        """Return a PNG of what is to be seen."""

    @abstractmethod
    def close(self) -> None: ...

    # --- Acts -------------------------------------------------------------------------------------------------------

    def open(self, path: str) -> None:
        self.navigate(self.address + path)

    def click(self, selector: str, text: str | None = None) -> None:
        """Click the middle of the first visible element of the selector, or of the one that says `text`."""
        self._click(selector, text, 1)

    def double_click(self, selector: str, text: str | None = None) -> None:
        self._click(selector, text, 2)

    def _click(self, selector: str, text: str | None, times: int) -> None:
        x, y = self._centre(selector, text)
        pressed = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
        actions = [{"type": "pointerMove", "x": x, "y": y}, *pressed * times]
        self.perform({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": actions})

    def fill(self, selector: str, text: str) -> None:
        """Replace what a field holds by typing."""
        self._centre(selector, None)
        self.evaluate(SELECT_ALL, selector)
        self.type(text)

    def _centre(self, selector: str, text: str | None) -> tuple[int, int]:
        self.activate()  # nothing is drawn behind another tab
        what = f"{selector} {text or ''} to be drawn"
        x, y = self.wait(lambda: self.evaluate(CENTRE, selector, text), what)
        return x, y

    def type(self, text: str) -> None:
        """Type where the focus is."""
        values = [KEYS["Enter"] if letter == "\n" else letter for letter in text]
        self._press([(kind, value) for value in values for kind in ("keyDown", "keyUp")])

    def press(self, *keys: str) -> None:
        """Press keys at once, on a page whose scripts are there: `press("Control", "s")`."""
        self.wait_until_loaded()
        values = [KEYS.get(key, key) for key in keys]
        self._press([("keyDown", value) for value in values] + [("keyUp", value) for value in reversed(values)])

    def _press(self, strokes: list[tuple[str, str]]) -> None:
        actions = [{"type": kind, "value": value} for kind, value in strokes]
        self.perform({"type": "key", "id": "keyboard", "actions": actions})

    def reload(self) -> None:
        """Reload as F5 does: a driver's own command would forget what the browser keeps of a form."""
        self.activate()
        self.evaluate("() => { window.isOld = true; setTimeout(() => location.reload(), 50); }")
        self.wait(lambda: self.evaluate("() => !window.isOld && document.readyState === 'complete'"), "the reload")

    def screenshot(self, path: Path) -> None:
        path.write_bytes(self.image())

    # --- What is to be seen -------------------------------------------------------------------------------------------

    @property
    def path(self) -> str:
        found: str = self.evaluate("() => location.pathname + location.search")
        return found

    def text(self, selector: str) -> str:
        """Return the text of the first visible element, as soon as there is one."""
        found: str = self.wait(lambda: self.evaluate(TEXT, selector), f"{selector} to read", is_there)
        return found

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the visible elements that are there now, of a page that is loaded."""
        self.wait_until_loaded()
        found: list[str] = self.evaluate(TEXTS, selector)
        return found

    def value(self, selector: str) -> str:
        found: str = self.wait(lambda: self.evaluate(VALUE, selector), f"{selector} to read", is_there)
        return found

    def wait_until_loaded(self) -> None:
        self.wait(lambda: self.evaluate("() => document.readyState === 'complete'"), "the page")

    def wait_for_text(self, selector: str, text: str) -> None:
        """Wait until the first visible element of the selector contains the text."""
        self.wait(lambda: self.evaluate(TEXT, selector), f"“{text}” in {selector}", lambda found: text in (found or ""))

    def wait_for_value(self, selector: str, value: str) -> None:
        self.wait(lambda: self.evaluate(VALUE, selector), f"“{value}” in {selector}", lambda found: found == value)

    def wait_for_focus(self, text: str) -> None:
        """Wait until what has the focus says `text`."""
        self.wait(lambda: self.evaluate("() => document.activeElement.innerText") == text, f"the focus on “{text}”")

    def wait_for_path(self, path: str) -> None:
        self.wait(lambda: self.path, path, lambda found: found == path)

    def wait(self, look: Callable[[], Any], what: str, suits: Callable[[Any], bool] = bool) -> Any:
        """Return what `look` returns as soon as it suits. Raises AssertionError."""
        deadline, seen = time.monotonic() + SECONDS_TO_WAIT, None
        while time.monotonic() < deadline:
            try:
                seen = look()
            except Failed as failure:
                seen = failure
            else:
                if suits(seen):
                    return seen
            time.sleep(0.03)
        said = self.evaluate(SAID)
        raise AssertionError(
            f"waited {SECONDS_TO_WAIT} s for {what}; there was {seen!r} on {self.path}, which says {said}"
        )


def is_there(found: object) -> bool:
    return found is not None
