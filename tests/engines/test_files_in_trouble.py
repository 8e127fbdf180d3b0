"""A file is on its way when the line is cut, the server killed or the page left: no text is lost, and it is told."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from devtools.app_server import AppServer, gunicorn
from devtools.databases import migrate
from devtools.engines.window import Window
from devtools.network_faults import Proxy, run_proxy
from devtools.processes import free_port
from engines.acts import save, use_draft, write
from engines.conftest import Person, Site
from engines.test_files import GIVE, PNG, WIDTH

LARGE = 16_000_000  # bytes: more than all buffers on the way hold
SENT = "() => document.querySelector('.files li progress')?.value ?? 0"
# A minute passes in a second.
HURRY = "() => { const wait = setTimeout; window.setTimeout = (act, milliseconds) => wait(act, milliseconds / 60); }"
CARET = "(at) => document.querySelector('#body').setSelectionRange(at, at)"
DRAFT_HAS = "(words) => Object.values(localStorage).some((text) => text.includes(words))"
PICTURES = "() => [...document.querySelectorAll('article img')].map((picture) => picture.alt)"
WAITING = "[film.bin has not arrived yet](#sending-"
ARRIVED = "[film.bin (15 MiB)](/files/"


class Line:
    """A server that can be killed, and the connection to it, which can be slow, hang or be cut."""

    def __init__(self, folder: Path, running: ExitStack) -> None:
        self.folder, self.running, self.port = folder, running, free_port()
        migrate(f"sqlite:///{folder}/notes.db")
        self.server = self.start()
        self.proxy: Proxy = running.enter_context(run_proxy(self.port))

    def start(self) -> AppServer:
        database = f"sqlite:///{self.folder}/notes.db"
        environ = {"APP_ENV": "development", "PROXY_HOPS": "1", "PORT": str(self.port)}
        self.server = self.running.enter_context(gunicorn(self.folder, database, **environ))
        return self.server

    def kill(self) -> None:
        for process in (self.server.process.pid, *self.server.workers()):
            os.kill(process, signal.SIGKILL)
        self.server.process.wait()

    def cut(self) -> None:
        self.proxy.mode = "reset"
        self.proxy.reset()

    def mend(self) -> None:
        self.proxy.mode = "pass"


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Line]:
    with ExitStack() as running:
        yield Line(tmp_path_factory.mktemp("line"), running)


@pytest.fixture
def line(started: Line) -> Line:
    started.mend()
    return started


@pytest.fixture
def site(line: Line) -> Site:
    return Site(f"http://127.0.0.1:{line.proxy.port}", line.folder / "none")


@pytest.fixture
def sending(ada: Person, line: Line) -> Window:
    """A new note whose file is on its way."""
    window = ada.window("/notes/new")
    send_slowly(window, line)
    return window


def send_slowly(window: Window, line: Line) -> None:
    window.fill("#title", "Trip")
    window.fill("#body", "Dear Ruth\n")
    line.proxy.mode = "slow"
    window.evaluate(GIVE, "choose", "film.bin", LARGE)
    window.wait(lambda: 0 < window.evaluate(SENT) < 1, "the middle of the file")


def test_a_cut_line_is_told_and_the_file_can_be_sent_again(sending: Window, line: Line) -> None:
    line.cut()
    sending.wait_for_text(".files li .told", "Not sent: there is no connection.")
    assert sending.value("#body").startswith(f"Dear Ruth\n{WAITING}")
    sending.click("#title")
    sending.type("!")
    line.mend()
    sending.click(".files li button", "Try again")
    sending.wait(lambda: ARRIVED in sending.value("#body"), "the file in the text")
    save(sending)
    sending.wait_for_text("h1", "!")
    assert sending.text("article .prose") == "Dear Ruth\nfilm.bin (15 MiB)"


def test_a_killed_server_is_told_and_takes_the_file_when_it_is_back(sending: Window, line: Line) -> None:
    line.kill()
    sending.wait_for_text(".files li .told", "Not sent: there is no connection.")
    assert sending.value("#body").startswith(f"Dear Ruth\n{WAITING}")
    line.start()
    line.mend()
    sending.click(".files li button", "Try again")
    sending.wait(lambda: ARRIVED in sending.value("#body"), "the file in the text")
    save(sending)
    sending.wait_for_text("article .prose a", "film.bin (15 MiB)")


def test_a_line_that_is_dead_without_a_word_is_told_after_a_minute(ada: Person, line: Line) -> None:
    window = ada.window("/notes/new")
    window.evaluate(HURRY)
    give(window, "garden.png", PNG, 0)  # what sends files is loaded with the first
    line.proxy.mode = "hang"
    window.evaluate(GIVE, "choose", "film.bin", LARGE)
    window.wait_for_text(".files li:last-child .told", "Not sent: there is no connection.")
    line.mend()
    window.click(".files li button", "Try again")
    window.wait(lambda: ARRIVED in window.value("#body"), "the file in the text")


def test_without_a_connection_the_first_file_is_not_added_and_that_is_told(ada: Person, line: Line) -> None:
    window = ada.window("/notes/new")
    window.fill("#body", "Dear Ruth")
    line.cut()
    window.evaluate(GIVE, "paste", "garden.png", PNG)
    window.wait_for_text("#state", "No connection: not added.")
    assert window.value("#body") == "Dear Ruth"


def test_a_note_is_not_saved_without_the_file_that_saving_waited_for(sending: Window, line: Line) -> None:
    save(sending)
    sending.wait_for_text("#state", "Saving as soon as all files have arrived")
    line.cut()
    sending.wait_for_text("#state", "Not saved: a file has not arrived.")
    line.mend()
    sending.click(".files li button", "Try again")
    sending.wait(lambda: ARRIVED in sending.value("#body"), "the file in the text")
    assert sending.path.startswith("/notes/new")


def test_saving_goes_on_without_a_file_that_is_cancelled(sending: Window) -> None:
    save(sending)
    sending.wait_for_text("#state", "Saving as soon as all files have arrived")
    sending.click(".files li button", "Cancel")
    sending.wait_for_text("article .prose", "Dear Ruth")


def test_a_draft_says_after_a_reload_which_file_it_lacks(sending: Window, line: Line) -> None:
    sending.reload()
    line.mend()
    use_draft(sending)
    assert sending.value("#body").startswith(f"Dear Ruth\n{WAITING}")
    sending.evaluate(GIVE, "choose", "garden.png", PNG)
    sending.wait(lambda: "![garden.png](/files/" in sending.value("#body"), "the picture in the text")
    save(sending)
    sending.wait_for_text("article .prose a", "film.bin has not arrived yet")


def test_a_file_that_arrives_when_its_form_was_left_comes_into_the_draft(ada: Person, line: Line) -> None:
    ada.has_notes(("Other", "text"))
    window = ada.window()
    window.resize(1500, 900)
    window.open("/notes")
    window.click(".new")
    window.wait_for_path("/notes/new")
    send_slowly(window, line)
    window.click(".beside .notes .title", "Other")
    window.wait_for_text("article h1", "Other")
    line.mend()
    window.wait(lambda: window.evaluate(DRAFT_HAS, ARRIVED), "the file in the draft")
    window.open("/notes/new")
    use_draft(window)
    assert window.value("#body").startswith(f"Dear Ruth\n{ARRIVED}")


@pytest.mark.parametrize(("at", "choice"), [(0, ""), (15, "Both, yours first")], ids=["apart", "at one place"])
def test_two_windows_that_send_a_file_each_keep_both(ada: Person, at: int, choice: str) -> None:
    one = ada.window()
    note = write(one, "Hut", "cash\n\nmap\n\nshoes")
    one.open(f"{note}/edit")
    other = ada.window(f"{note}/edit")
    give(one, "apple.png", PNG, at)
    give(other, "pear.png", [*PNG, 0], 15)  # at the end of the third line
    save(other)
    other.wait_for_text("h1", "Hut")
    one.activate()
    save(one)
    if choice:
        one.click(".collision label", choice)
        save(one)
    one.wait(lambda: one.evaluate(WIDTH) == 1, "the picture")
    assert sorted(one.evaluate(PICTURES)) == ["apple.png", "pear.png"]


def give(window: Window, name: str, content: list[int], at: int) -> None:
    window.activate()
    window.evaluate(CARET, at)
    window.evaluate(GIVE, "choose", name, content)
    window.wait(lambda: f"![{name}](/files/" in window.value("#body"), "the picture in the text")
