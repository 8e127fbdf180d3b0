"""Records docs/demo.gif, the story of a note in pictures that follow each other: `make demo`."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from devtools.browsers import browser, notes_app
from devtools.processes import ROOT
from devtools.screenshots import write

FILE = ROOT / "docs" / "demo.gif"
SIZE: ViewportSize = {"width": 960, "height": 640}
BYTES_AT_MOST = 2_000_000
TEXT = "The balcony boxes too.\n\n- [ ] tomatoes\n- [ ] basil\n"


class Film:
    """Pictures of a page, each with the milliseconds for which it is seen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pictures: list[Image.Image] = []
        self.times: list[int] = []

    def take(self, milliseconds: int = 1400) -> None:
        taken = self.page.screenshot(animations="disabled", caret="initial")
        picture = Image.open(io.BytesIO(taken)).convert("RGB").quantize(128, dither=Image.Dither.NONE)
        self.pictures.append(picture)
        self.times.append(milliseconds)

    def write(self, path: Path) -> int:
        """Write a GIF that goes round and round; return its size in bytes."""
        first, *others = self.pictures
        first.save(path, save_all=True, append_images=others, duration=self.times, loop=0, optimize=True)
        return path.stat().st_size


def record(opened: Browser, address: str) -> Film:
    page = opened.new_context(viewport=SIZE).new_page()
    page.set_default_timeout(10_000)
    film = Film(page)
    sign_up(page, address)
    film.take()
    for title, tags, status in (("Bread, second attempt", "kitchen", "none"), ("Renew the passport", "", "open")):
        write(page, address, title=title, tags=tags, status=status, body="")
    write_note(film, address)
    search(film, address)
    collide(film)
    return film


def sign_up(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-up")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password]", "four plain words here")
    page.fill("[name=again]", "four plain words here")
    page.click("main button")
    page.wait_for_url("**/notes")


def write_note(film: Film, address: str) -> None:
    page = film.page
    page.goto(f"{address}/notes/new")
    film.take(700)
    page.fill("[name=title]", "Water the seedlings")
    film.take(700)
    for end in (8, 22, len(TEXT)):
        page.fill("[name=body]", TEXT[:end])
        film.take(400)
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".message")
    film.take(2000)


def search(film: Film, address: str) -> None:
    page = film.page
    for typed in ("se", "seedl"):
        page.fill(".find input", typed)
        film.take(500)
    page.press(".find input", "Enter")
    page.wait_for_url("**/search**")
    film.take(2000)
    page.goto(f"{address}/notes")
    page.click("text=Water the seedlings")


def collide(film: Film) -> None:
    """Save the note in a second window, then in this one: both texts are shown."""
    page = film.page
    page.click("text=Edit >> nth=0")
    page.wait_for_selector("[name=body]")
    second = page.context.new_page()
    second.goto(page.url)
    second.fill("[name=body]", TEXT.replace("boxes too", "boxes as well"))
    second.click("text=Save >> nth=0")
    second.wait_for_selector(".message")
    second.close()
    page.fill("[name=body]", TEXT.replace("boxes too", "boxes, on Friday"))
    film.take(900)
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".conflict")
    film.take(4000)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, notes_app(Path(folder)) as served, browser() as chromium:
        size = record(chromium, served).write(FILE)
    if size > BYTES_AT_MOST:
        sys.exit(f"{FILE.name} has {size:,} bytes, more than {BYTES_AT_MOST:,}.")
    sys.stdout.write(f"{FILE.relative_to(ROOT)}: {size:,} bytes\n")
