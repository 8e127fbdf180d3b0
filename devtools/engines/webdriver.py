"""WebKit by WebDriver: https://www.w3.org/TR/webdriver2/. One browser at a time, which is emptied between visits."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx

from devtools.processes import free_port
from devtools.engines.bidi import CAPABILITIES, SECONDS_TO_ANSWER, new_session
from devtools.engines.processes import started
from devtools.engines.window import Failed, Window
from devtools.programs import MissingProgram, find_program

SCREEN = "-screen 0 1280x1000x24"


class WebDriverEngine:
    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.current = self.command("GET", "/window")

    def command(self, method: str, path: str, **parameters: Any) -> Any:
        """Return the answer. Raises Failed."""
        answer = self.client.request(method, path, json=parameters if method == "POST" else None).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            raise Failed(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def switch(self, handle: str) -> None:
        if handle != self.current:
            self.command("POST", "/window", handle=handle)
            self.current = handle

    @contextmanager
    def visit(self, address: str) -> Iterator[WebDriverVisit]:
        visit = WebDriverVisit(self, address)
        yield visit
        visit.forget()


class WebDriverVisit:
    def __init__(self, engine: WebDriverEngine, address: str) -> None:
        self.engine, self.address = engine, address
        self.first = engine.current

    def window(self) -> Window:
        handle = self.engine.command("POST", "/window/new", type="tab")["handle"]
        return WebDriverWindow(self.engine, self.address, handle)

    def set_cookie(self, name: str, value: str) -> None:
        self._go_to_site()
        secure = self.address.startswith("https:")
        cookie = {"name": name, "value": value, "httpOnly": True, "secure": secure, "sameSite": "Lax", "path": "/"}
        cookie["domain"] = str(urlsplit(self.address).hostname)
        self.engine.command("POST", "/cookie", cookie=cookie)

    def clear_cookies(self) -> None:
        self._go_to_site()
        self.engine.command("DELETE", "/cookie")

    def _go_to_site(self) -> None:
        """Show a file of the site: cookies can be changed only there."""
        self.engine.switch(self.first)
        self.engine.command("POST", "/url", url=f"{self.address}/static/favicon.svg")

    def forget(self) -> None:
        for handle in self.engine.command("GET", "/window/handles"):
            if handle != self.first:
                self.engine.switch(handle)
                self.engine.command("DELETE", "/window")
        self.clear_cookies()
        self.engine.command("POST", "/execute/sync", script="localStorage.clear(); sessionStorage.clear()", args=[])


class WebDriverWindow(Window):
    def __init__(self, engine: WebDriverEngine, address: str, handle: str) -> None:
        self.engine, self.address, self.handle = engine, address, handle

    def navigate(self, url: str) -> None:
        self._command("POST", "/url", url=url)

    def evaluate(self, function: str, *arguments: Any) -> Any:
        script = f"return JSON.stringify(({function})(...JSON.parse(arguments[0]))) ?? 'null'"
        return json.loads(self._command("POST", "/execute/sync", script=script, args=[json.dumps(arguments)]))

    def perform(self, device: dict[str, Any]) -> None:
        self._command("POST", "/actions", actions=[device])

    def back(self) -> None:
        self._command("POST", "/back")

    def image(self) -> bytes:
        return base64.b64decode(self._command("GET", "/screenshot"))

    def close(self) -> None:
        self._command("DELETE", "/window")

    def _command(self, method: str, path: str, **parameters: Any) -> Any:
        self.engine.switch(self.handle)
        return self.engine.command(method, path, **parameters)


@contextmanager
def webkit(folder: Path) -> Iterator[WebDriverEngine]:
    """WebKit has no headless mode: it gets a screen that nobody sees."""
    port = free_port()
    screen = [find_program("xvfb-run"), "-a", "-s", SCREEN]
    options = {"webkitgtk:browserOptions": {"binary": str(_mini_browser()), "args": ["--automation"]}}
    with started([*screen, find_program("WebKitWebDriver"), f"--port={port}"], folder / "webkit.log"):
        driver = f"http://127.0.0.1:{port}"
        opened = new_session(driver, {"alwaysMatch": CAPABILITIES | options})
        session = f"{driver}/session/{opened['sessionId']}"
        with httpx.Client(base_url=session, timeout=SECONDS_TO_ANSWER) as client:
            engine = WebDriverEngine(client)
            yield engine
            engine.command("DELETE", "")


def _mini_browser() -> Path:
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))
    if not found:
        raise MissingProgram("WebKit's MiniBrowser is not installed; on Debian and Ubuntu: make system-packages")
    return found[-1]
