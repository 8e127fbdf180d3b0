"""WebKit by WebDriver: https://www.w3.org/TR/webdriver2/."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx

from devtools.engines.bidi import CAPABILITIES, SECONDS_TO_ANSWER, SECONDS_TO_START, new_session
from devtools.engines.processes import started
from devtools.engines.window import FIND, Failed, Window
from devtools.processes import free_port, wait_until
from devtools.programs import MissingProgram, find_program

SCREEN = "1600x1000x24"
SECONDS_FOR_BROWSER = 60  # to start; it takes two
SECONDS_TO_LOAD = 30  # of a page; now and then the driver does not notice that one is loaded
# By itself the driver leaves what lies below a bar of the page where it is.
TO_CLICK = f"""const element = ({FIND})(...arguments);
element?.scrollIntoView({{ block: "center", behavior: "instant" }});
return element"""
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what WebDriver calls an element in JSON
WIDTH = "() => innerWidth"
CLICK_TWICE = f"""(selector, text) => {{
  const element = ({FIND})(selector, text);
  element.click();
  element.click();
}}"""


class NotLoaded(Failed):
    """The driver has waited for a page in vain."""


class WebKit:
    """A screen that nobody sees: WebKit has no headless mode. Every visit has a browser of its own on it."""

    def __init__(self, folder: Path, screen: str) -> None:
        self.folder, self.screen = folder, screen

    @contextmanager
    def visit(self, address: str) -> Iterator[WebDriverVisit]:
        with ExitStack() as running:
            try:
                session = running.enter_context(self._session())
            except httpx.ReadTimeout:  # now and then a browser is started and never answers its driver
                session = running.enter_context(self._session())
            client = running.enter_context(httpx.Client(base_url=session, timeout=SECONDS_TO_ANSWER))
            yield WebDriverVisit(client, address)

    @contextmanager
    def _session(self) -> Iterator[str]:
        """Start a driver and its browser; yield the address of the session."""
        port, log = free_port(), self.folder / "webkit.log"
        options: dict[str, Any] = {
            "webkitgtk:browserOptions": {"binary": str(_mini_browser()), "args": ["--automation"]},
            "timeouts": {"pageLoad": SECONDS_TO_LOAD * 1000},
        }
        command = [find_program("WebKitWebDriver"), f"--port={port}"]
        with started(command, log, DISPLAY=self.screen, HOME=str(self.folder)):
            driver = f"http://127.0.0.1:{port}"
            opened = new_session(driver, {"alwaysMatch": CAPABILITIES | options}, SECONDS_FOR_BROWSER)
            yield f"{driver}/session/{opened['sessionId']}"


class WebDriverVisit:
    def __init__(self, client: httpx.Client, address: str) -> None:
        self.client, self.address = client, address
        self.first = self.current = self.command("GET", "/window")

    def command(self, method: str, path: str, **parameters: Any) -> Any:
        """Return the answer. Raises Failed, NotLoaded."""
        answer = self.client.request(method, path, json=parameters if method == "POST" else None).json()["value"]
        if isinstance(answer, dict) and "error" in answer:
            failure = NotLoaded if answer["error"] == "timeout" else Failed
            raise failure(f"{path}: {answer['error']}: {answer['message']}")
        return answer

    def switch(self, handle: str) -> None:
        if handle != self.current:
            self.command("POST", "/window", handle=handle)
            self.current = handle

    def window(self) -> Window:
        return WebDriverWindow(self, self.new_tab())

    def new_tab(self) -> str:
        # In a window of its own: behind the first one nothing is drawn and nothing gets the focus.
        self.switch(self.first)
        handle: str = self.command("POST", "/window/new", type="window")["handle"]
        return handle

    def set_cookie(self, name: str, value: str) -> None:
        self._go_to_site()
        secure = self.address.startswith("https:")
        cookie = {"name": name, "value": value, "httpOnly": True, "secure": secure, "sameSite": "Lax", "path": "/"}
        # Without a domain it is the host's own, as the server's are: with one there would be two of a name.
        self.command("POST", "/cookie", cookie=cookie)

    def clear_cookies(self) -> None:
        self._go_to_site()
        wait_until(self._has_cleared_cookies, "the cookies to be gone")

    def _has_cleared_cookies(self) -> bool:
        """Clear them, and look: WebKit answers before another process of it has done so, or in place of doing so."""
        self.command("DELETE", "/cookie")
        return not self.command("GET", "/cookie")

    def _go_to_site(self) -> None:
        """Show a file of the site: cookies can be changed only there."""
        self.switch(self.first)
        self.command("POST", "/url", url=f"{self.address}/static/favicon.svg")


class WebDriverWindow(Window):
    def __init__(self, visit: WebDriverVisit, handle: str) -> None:
        self.visit, self.address, self.handle = visit, visit.address, handle

    def navigate(self, url: str) -> None:
        try:
            self._command("POST", "/url", url=url)
        except NotLoaded:  # in this tab, the driver would wait for it for ever
            self.close()
            self.handle = self.visit.new_tab()
            self._command("POST", "/url", url=url)

    def evaluate(self, function: str, *arguments: Any) -> Any:
        script = f"return JSON.stringify(({function})(...JSON.parse(arguments[0]))) ?? 'null'"
        return json.loads(self._command("POST", "/execute/sync", script=script, args=[json.dumps(arguments)]))

    def activate(self) -> None:
        self.visit.switch(self.handle)

    def _click(self, selector: str, text: str | None, times: int) -> None:
        # A mouse that acts by itself is not answered when its click leads to another page; the command for a click is.
        def look() -> Any:
            return self._command("POST", "/execute/sync", script=TO_CLICK, args=[selector, text])

        self._centre(selector, text)
        element = self.wait(look, f"{selector} {text or ''} to click")[ELEMENT]
        if times == 1:
            self._command("POST", f"/element/{element}/click")
        else:
            self.evaluate(CLICK_TWICE, selector, text)

    def perform(self, device: dict[str, Any]) -> None:
        self._command("POST", "/actions", actions=[device])

    def back(self) -> None:
        self._command("POST", "/back")

    def resize(self, width: int, height: int) -> None:
        before = self.evaluate(WIDTH)
        self._command("POST", "/window/rect", width=width, height=height)
        # The page is told later; then it asks the style sheets anew.
        self.wait(lambda: self.evaluate(WIDTH), f"a page {width} wide", lambda now: before == width or now != before)

    def image(self) -> bytes:
        return base64.b64decode(self._command("GET", "/screenshot"))

    def close(self) -> None:
        self._command("DELETE", "/window")

    def _command(self, method: str, path: str, **parameters: Any) -> Any:
        self.visit.switch(self.handle)
        return self.visit.command(method, path, **parameters)


@contextmanager
def webkit(folder: Path) -> Iterator[WebKit]:
    number = folder / "display"
    with number.open("wb") as output:
        command = [find_program("Xvfb"), "-screen", "0", SCREEN, "-nolisten", "tcp", "-displayfd", str(output.fileno())]
        with started(command, folder / "screen.log", keep_open=output.fileno()):
            wait_until(lambda: number.read_text().endswith("\n"), "a screen", SECONDS_TO_START)
            yield WebKit(folder, f":{number.read_text().strip()}")


def _mini_browser() -> Path:
    found = sorted(Path("/usr/lib").glob("*/webkit2gtk-4*/MiniBrowser"))
    if not found:
        raise MissingProgram("WebKit's MiniBrowser is not installed; on Debian and Ubuntu: make system-packages")
    return found[-1]
