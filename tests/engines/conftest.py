"""Three engines, the app over http and over the https of `make up`, and Ada, who is signed in.

One browser of each engine and one server of each kind for a process of pytest: they are started when first asked for,
whatever the order of the tests is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import httpx
import pytest

from devtools import browsers, engines, local_stack
from devtools.engines import Engine, Visit
from devtools.engines.window import Window
from devtools.nginx import readable_directory
from devtools.people import PASSWORD

NUMBERS = count(1)
EAR = "devtools.engines.listener:app"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.server)


@dataclass
class Site:
    address: str
    complaints: Path


@dataclass
class Person:
    """Somebody with an account and a browser."""

    email: str
    site: Site
    visit: Visit
    session: dict[str, str]

    def window(self, path: str = "/notes") -> Window:
        opened = self.visit.window()
        opened.open(path)
        return opened

    def has_notes(self, *notes: tuple[str, str]) -> None:
        """Write notes, of a title and a text each, beside the browser: for tests that begin with them."""
        with device(self.site) as client:
            client.cookies.update(self.session)
            for title, body in notes:
                key = hidden(client.get("/notes/new").text, "key")
                submit(client, "/notes", "/notes/new", key=key, title=title, body=body)

    @contextmanager
    def elsewhere(self) -> Iterator[httpx.Client]:
        """Yield the same person's other device, signed in."""
        with device(self.site) as client:
            submit(client, "/sign-in", email=self.email, password=PASSWORD)
            yield client


@pytest.fixture(scope="session")
def running() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def open_engine(running: ExitStack) -> Callable[[str], Engine]:
    return cache(lambda name: running.enter_context(engines.open_engine(name)))


@pytest.fixture(scope="session")
def open_site(running: ExitStack, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Site]:
    def start(scheme: str) -> Site:
        folder = tmp_path_factory.mktemp(scheme)
        complaints = folder / "complaints"
        complaints.touch()
        ear = {"app": EAR, "LISTENER_FILE": str(complaints)}
        if scheme == "http":
            return Site(running.enter_context(browsers.notes_app(folder, PROXY_HOPS="1", **ear)), complaints)
        home = running.enter_context(readable_directory())
        complaints.chmod(0o666)
        nginx = running.enter_context(local_stack.one_machine(home, **ear))
        return Site(f"https://{local_stack.NAME}:{nginx.https_port}", complaints)

    return cache(start)


@pytest.fixture(params=engines.NAMES)
def engine(request: pytest.FixtureRequest, open_engine: Callable[[str], Engine]) -> Engine:
    return open_engine(request.param)


@pytest.fixture(params=["http", "https"])
def scheme(request: pytest.FixtureRequest) -> str:
    """How the site is reached: `make run`'s way, and production's, through nginx."""
    return str(request.param)


@pytest.fixture
def site(scheme: str, open_site: Callable[[str], Site]) -> Iterator[Site]:
    found = open_site(scheme)
    found.complaints.write_text("")
    yield found
    assert found.complaints.read_text() == ""


@pytest.fixture
def visit(engine: Engine, site: Site) -> Iterator[Visit]:
    """A browser in which nobody is signed in."""
    with engine.visit(site.address) as started:
        yield started


@pytest.fixture
def ada(visit: Visit, site: Site) -> Person:
    """Ada has just signed up, and nothing is open yet."""
    return sign_up(site, visit)


def sign_up(site: Site, visit: Visit) -> Person:
    email = f"ada{os.getpid()}-{next(NUMBERS)}@example.org"
    with device(site) as client:
        submit(client, "/sign-up", email=email, password=PASSWORD, again=PASSWORD)
        session = {name: value for name, value in client.cookies.items() if name.endswith("session")}
    for name, value in session.items():
        visit.set_cookie(name, value)
    return Person(email, site, visit, session)


@pytest.fixture
def window(ada: Person) -> Window:
    """Ada's first tab, at her notes."""
    return ada.window()


def device(site: Site) -> httpx.Client:
    """Return a client that comes from an address of its own: sign-ups are counted by it."""
    number = next(NUMBERS)
    transport = httpx.HTTPTransport(verify=False, local_address=f"127.1.{os.getpid() % 250}.{number % 250 + 1}")
    headers = {"X-Forwarded-For": f"10.1.{os.getpid() % 250}.{number % 250}"}
    return httpx.Client(base_url=site.address, transport=transport, headers=headers, follow_redirects=True, timeout=60)


def submit(client: httpx.Client, path: str, at: str = "", **fields: str) -> httpx.Response:
    """Send a form with the token of the page at `at`, by default of the same path."""
    token = hidden(client.get(at or path).text, "csrf_token")
    referrer = {"Referer": f"{client.base_url}"}
    answer = client.post(path, data={"csrf_token": token, **fields}, headers=referrer)
    assert answer.status_code == 200, answer.text
    return answer


def hidden(page: str, name: str) -> str:
    """Return what a field that nobody sees holds."""
    found = re.search(rf'name="{name}"[^>]*value="([^"]+)"', page)
    assert found, name
    return found[1]
