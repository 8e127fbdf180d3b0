"""Firefox and Chromium by WebDriver BiDi: https://www.w3.org/TR/webdriver-bidi/."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

from devtools.engines.processes import started
from devtools.engines.window import Failed, Window
from devtools.processes import free_port
from devtools.programs import find_program

SECONDS_TO_START = 180
SECONDS_TO_ANSWER = 120
CAPABILITIES = {"acceptInsecureCerts": True}
# Nothing but the pages: no updates, no pictures of new tabs, no requests of the browser's own.
FIREFOX_PREFERENCES = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.newtabpage.enabled": False,
    "browser.safebrowsing.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
}
CHROMIUM_FLAGS = [
    "--headless=new",
    "--no-sandbox",  # a test machine's root has no other way
    "--disable-gpu",
    "--window-size=1180,900",
]


class BidiEngine:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.numbers = socket, count(1)

    def command(self, method: str, **parameters: Any) -> Any:
        """Return the answer. Raises Failed."""
        number = next(self.numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self.socket.recv(timeout=SECONDS_TO_ANSWER))
            if answer.get("id") == number:
                break
        if answer["type"] == "error":
            raise Failed(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]

    @contextmanager
    def visit(self, address: str) -> Iterator[BidiVisit]:
        context = self.command("browser.createUserContext")["userContext"]
        visit = BidiVisit(self, address, context)
        try:
            yield visit
            visit.finish_loading()
        finally:
            # A page that is left open goes on working, beside all tests to come.
            self.command("browser.removeUserContext", userContext=context)


class BidiVisit:
    def __init__(self, engine: BidiEngine, address: str, context: str) -> None:
        self.engine, self.address, self.context = engine, address, context

    @property
    def _partition(self) -> dict[str, str]:
        return {"type": "storageKey", "userContext": self.context}

    def window(self) -> Window:
        opened = self.engine.command("browsingContext.create", type="tab", userContext=self.context)
        return BidiWindow(self.engine, self.address, opened["context"])

    def set_cookie(self, name: str, value: str) -> None:
        cookie = {
            "name": name,
            "value": {"type": "string", "value": value},
            "domain": str(urlsplit(self.address).hostname),
            "httpOnly": True,
            "secure": self.address.startswith("https:"),
            "sameSite": "lax",
        }
        self.engine.command("storage.setCookie", cookie=cookie, partition=self._partition)

    def clear_cookies(self) -> None:
        self.engine.command("storage.deleteCookies", partition=self._partition)

    def finish_loading(self) -> None:
        """Wait until every page is loaded: a tab closed earlier ends its scripts, in Firefox with an error."""
        for tab in self.engine.command("browsingContext.getTree", maxDepth=0)["contexts"]:
            if tab["userContext"] == self.context:
                BidiWindow(self.engine, self.address, tab["context"]).finish_loading()


class BidiWindow(Window):
    def __init__(self, engine: BidiEngine, address: str, context: str) -> None:
        self.engine, self.address, self.context = engine, address, context

    def navigate(self, url: str) -> None:
        self.activate()  # a person types an address in the tab that is seen; Chromium may never finish one behind it
        self._command("browsingContext.navigate", url=url, wait="complete")

    def evaluate(self, function: str, *arguments: Any) -> Any:
        answer = self.engine.command(
            "script.callFunction",
            functionDeclaration=f"(given) => JSON.stringify(({function})(...JSON.parse(given))) ?? 'null'",
            arguments=[{"type": "string", "value": json.dumps(arguments)}],
            target={"context": self.context},
            awaitPromise=False,
            userActivation=False,
        )
        if answer["type"] == "exception":
            raise Failed(answer["exceptionDetails"]["text"])
        return json.loads(answer["result"]["value"])

    def activate(self) -> None:
        self._command("browsingContext.activate")

    def perform(self, device: dict[str, Any]) -> None:
        self.activate()
        self._command("input.performActions", actions=[device])

    def back(self) -> None:
        self.activate()
        self._command("browsingContext.traverseHistory", delta=-1)

    def finish_loading(self) -> None:
        def is_complete() -> bool:
            return bool(self.evaluate("() => document.readyState") == "complete")

        # Bringing each tab to the front takes Firefox longer than all else, for ever on a busy machine.
        if not is_complete():
            self.activate()
            self.wait(is_complete, "the page to be loaded")

    def resize(self, width: int, height: int) -> None:
        self._command("browsingContext.setViewport", viewport={"width": width, "height": height})

    def image(self) -> bytes:
        return base64.b64decode(self._command("browsingContext.captureScreenshot")["data"])

    def close(self) -> None:
        self._command("browsingContext.close")

    def _command(self, method: str, **parameters: Any) -> Any:
        return self.engine.command(method, context=self.context, **parameters)


@contextmanager
def firefox(folder: Path, **preferences: bool | int | str) -> Iterator[BidiEngine]:
    """Start Firefox with more preferences, in whose names a point is written `__`."""
    profile, log = folder / "profile", folder / "firefox.log"
    profile.mkdir()
    said = FIREFOX_PREFERENCES | {name.replace("__", "."): value for name, value in preferences.items()}
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in said.items()]
    (profile / "user.js").write_text("\n".join(lines))
    command = [find_program("firefox-esr"), "--headless", "--no-remote", "--remote-debugging-port", "0"]
    command += ["--profile", str(profile)]
    with started(command, log, HOME=str(folder), MOZ_HEADLESS_WIDTH="1180", MOZ_HEADLESS_HEIGHT="900"):
        address = _listening(log)
        with connect(f"{address}/session", max_size=None) as socket:
            engine = BidiEngine(socket)
            engine.command("session.new", capabilities={"alwaysMatch": CAPABILITIES})
            yield engine


def _listening(log: Path) -> str:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        said = re.search(r"WebDriver BiDi listening on (ws://\S+)", log.read_text())
        if said:
            return said[1]
        time.sleep(0.05)
    raise RuntimeError(f"Firefox did not start:\n{log.read_text()}")


@contextmanager
def chromium(folder: Path) -> Iterator[BidiEngine]:
    port = free_port()
    browser, driver = find_program("chromium"), find_program("chromedriver")
    options = {
        "goog:chromeOptions": {"binary": browser, "args": [*CHROMIUM_FLAGS, f"--user-data-dir={folder}/profile"]}
    }
    with started([driver, f"--port={port}"], folder / "chromedriver.log", HOME=str(folder)):
        capabilities = {"alwaysMatch": CAPABILITIES | options | {"webSocketUrl": True}}
        opened = new_session(f"http://127.0.0.1:{port}", capabilities)
        with connect(opened["capabilities"]["webSocketUrl"], max_size=None) as socket:
            yield BidiEngine(socket)
            httpx.delete(f"http://127.0.0.1:{port}/session/{opened['sessionId']}", timeout=SECONDS_TO_ANSWER)


def new_session(driver: str, capabilities: dict[str, Any], seconds: float = SECONDS_TO_START) -> Any:
    """Wait for a driver to listen, let it start its browser, and return what it says of that.

    Raises httpx.ReadTimeout where it says nothing for so many seconds.
    """
    transport = httpx.HTTPTransport(retries=8)  # half a second, one, two ...: until it listens
    with httpx.Client(transport=transport, timeout=seconds) as client:
        answer = client.post(f"{driver}/session", json={"capabilities": capabilities}).json()["value"]
    if "error" in answer:
        raise RuntimeError(answer["message"])
    return answer
