"""The app under gunicorn, a browser, and people who use it; every page they see must be free of complaints."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, ViewportSize, expect

from devtools import browsers

NUMBERS = count()
PASSWORD = "four plain words here"
ONE_COLUMN: ViewportSize = {"width": 1100, "height": 760}
MILLISECONDS = 20_000  # what a page does by itself may be asked for again after six seconds, when a server is busy

expect.set_options(timeout=MILLISECONDS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with browsers.notes_app(tmp_path_factory.mktemp("served"), PROXY_HOPS="1") as served:
        yield served


@dataclass
class Complaints:
    """What browsers complained about: errors of scripts, and whatever the Content-Security-Policy refused."""

    found: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.found.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, message: ConsoleMessage) -> None:
        # The browser also reports that a page, or what was sent in the background, was answered with a 4xx: meant so.
        of_a_page = message.text.startswith("Failed to load resource") and "/notes" in message.location["url"]
        if message.type in {"error", "warning"} and not of_a_page:
            self.found.append(message.text)


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    heard = Complaints()
    yield heard
    assert heard.found == []


Opener = Callable[..., Page]


@pytest.fixture
def opened(address: str, chromium: Browser, complaints: Complaints) -> Iterator[Opener]:
    """Open browsers that share nothing: `opened(java_script_enabled=False)`; each page stands alone at their width."""
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> Page:
        options.setdefault("viewport", ONE_COLUMN)
        options.setdefault("base_url", address)
        contexts.append(chromium.new_context(extra_http_headers=somewhere(), **options))  # type: ignore[arg-type]  # passed on
        contexts[-1].set_default_timeout(MILLISECONDS)
        contexts[-1].on("page", complaints.listen)
        return contexts[-1].new_page()

    yield open_one
    for context in contexts:
        context.close()


@pytest.fixture
def ada(opened: Opener) -> Page:
    """Ada's browser: she has just signed up."""
    return signed_up(opened())


def somewhere() -> dict[str, str]:
    """Return what a proxy says about a visitor who comes from an address of their own; sign-ups are counted by it."""
    return {"X-Forwarded-For": f"10.1.{os.getpid() % 250}.{next(NUMBERS) % 250}"}


def signed_up(page: Page) -> Page:
    email = f"ada{os.getpid()}-{next(NUMBERS)}@example.org"
    page.goto("/sign-up")
    page.fill("[name=email]", email)
    page.fill("[name=password]", PASSWORD)
    page.fill("[name=again]", PASSWORD)
    page.click("main button")
    page.wait_for_url("**/notes")
    return page
