"""Firefox, WebKit (Safari's engine) and Chromium with its back/forward cache, behind one small interface.

No library drives all three as Debian ships them: Playwright needs browsers of its own making, Selenium a driver for
Firefox that no registry offers maintained. Firefox and Chromium speak WebDriver BiDi, WebKit the older WebDriver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from devtools.engines import bidi, webdriver
from devtools.engines.window import Window


class Engine(Protocol):
    """A running browser."""

    def visit(self, address: str) -> AbstractContextManager[Visit]:
        """Yield a browser without cookies, storage or history, for the site at `address`."""


class Visit(Protocol):
    def window(self) -> Window:
        """Open a tab that shares cookies and storage with the others of this visit."""

    def set_cookie(self, name: str, value: str) -> None: ...

    def clear_cookies(self) -> None: ...


PROGRAMS: dict[str, Callable[[Path], AbstractContextManager[Engine]]] = {
    "chromium": bidi.chromium,
    "firefox": bidi.firefox,
    "webkit": webdriver.webkit,
}
NAMES = tuple(PROGRAMS)


@contextmanager
def open_engine(name: str) -> Iterator[Engine]:
    """Start a browser. Raises MissingProgram."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder, PROGRAMS[name](Path(folder)) as engine:
        yield engine
