"""Takes the pictures in docs/screenshots: `make screenshots`."""

from __future__ import annotations

import io
import sqlite3
import sys
import tempfile
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, ViewportSize

from devtools.browsers import browser, notes_app
from devtools.page_actions import choose_status
from devtools.processes import ROOT

PICTURES = ROOT / "docs" / "screenshots"
WIDE: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}

HUT = """We take the 9:12 to Oberstdorf and walk up in the afternoon. **Four beds** are booked under Lenz, half board.

## Bring

- [x] Hut sleeping bags
- [x] Cash, they take no cards
- [ ] Map 1:25,000
- [ ] Head torches

## The way up

| Leg | Time | Metres up |
|---|---|---|
| Station to the bridge | 0:50 | 120 |
| Bridge to the alp | 1:40 | 560 |
| Alp to the hut | 1:10 | 410 |

> If it rains after two, turn back at the alp: the gully above it is not for wet shoes.
"""

# title | tags | status | due in days | text; the last one written stands on top
NOTES = """
Bicycle | bicycle | none | | Front brake rubs since the tour. Pads are 8.5 mm, the small kind.
Books to read | books | none | | The Wall by Marlen Haushofer. The Rings of Saturn. Something by Tove Jansson.
Renew the passport | | open | 12 | Photo must be newer than six months. Appointments open on Mondays at eight.
Water the seedlings | garden | done | -2 | The balcony boxes too, they dry out first.
| writing | none | | The swing in the old orchard, and how the ropes smelled of tar.
Tax return | money | open | -3 | Receipts are in the blue folder; the one from the optician is still missing.
Bread, second attempt | kitchen | none | | 500 g flour, 380 g water, 10 g salt, 90 g starter. **Cold overnight**.
Call the chimney sweep | house | open | 1 |
Ideas for Mira's birthday | family | none | | A kite, the atlas with the big drawings, or an evening at the observatory.
Send the offer to Ruth | work | open | 0 | Two variants, the second without the shelf. She is in the office until four.
Meeting on the reading room | work | none | | Light from the north. Forty seats, ten of them quiet. Ask: cork or oak?
""".strip().splitlines()

# Ridges of mountains, the farthest first: a colour, and the heights of their points from left to right.
RIDGES = {
    "#b9c9d3": [150, 90, 140, 60, 120, 40, 110, 70, 150],
    "#8aa3ad": [190, 140, 100, 170, 120, 190, 90, 150, 130],
    "#55766f": [230, 200, 220, 160, 210, 180, 230, 170, 200],
    "#2f4f45": [270, 250, 262, 240, 268, 246, 258, 230, 250],
}
SKY, SIZE = "#f4e3cf", (1200, 300)

ENTRIES = {"lena": "20190412", "oskar": "00417720", "mira": "31415926", "ada": "18151210", "theo": "70004501"}


def take(opened: Browser, address: str, database: Path) -> None:
    page = opened.new_context(viewport=WIDE).new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{address}/sign-up")
    picture(page, "sign-up-wide")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password]", "four plain words here")
    page.fill("[name=again]", "four plain words here")
    page.click("main button")
    page.wait_for_url("**/notes")
    picture(page, "empty-wide")
    for line in NOTES:
        title, tags, status, due, text = (part.strip() for part in line.split("|"))
        write(page, address, title=title, tags=tags, status=status, due=due, body=text)
    write(page, address, title="Weekend at the hut", tags="family mountains", body=HUT)
    page.click("article >> text=Edit")
    add_mountains(page)
    page.get_by_role("button", name="Pin", exact=True).click()
    age(database)
    for name, path in {"list": "/notes", "tasks": "/tasks", "search": "/search?q=the"}.items():
        page.goto(address + path)
        everywhere(page, name)
    page.set_viewport_size(PHONE)
    page.click(".menu summary")
    picture(page, "menu-phone")
    page.set_viewport_size(WIDE)
    page.goto(f"{address}/notes")
    page.click("text=Weekend at the hut")
    everywhere(page, "note")
    page.click("article >> text=Edit")
    page.wait_for_selector(".preview table")
    everywhere(page, "editor")
    conflict(page)
    everywhere(page, "conflict")
    visitor = opened.new_context(viewport=WIDE).new_page()
    for username, number in ENTRIES.items():
        enter(visitor, address, username, number)
    visitor.reload()
    everywhere(visitor, "entries")


def enter(page: Page, address: str, username: str, number: str) -> None:
    page.goto(f"{address}/entries")
    page.fill("[name=username]", username)
    page.fill("[name=number]", number)
    page.click("text=Send")
    page.wait_for_selector(f".latest >> text={username}")


def write(page: Page, address: str, *, status: str = "none", due: str = "", **fields: str) -> None:
    page.goto(f"{address}/notes/new")
    for name, value in fields.items():
        page.fill(f"[name={name}]", value)
    choose_status(page, status)
    if due:
        page.fill("[name=due_on]", str(date.today() + timedelta(days=int(due))))  # noqa: DTZ011  # the browser's day
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".message")


def add_mountains(page: Page) -> None:
    """Add a picture below the first paragraph, and save."""
    page.evaluate("at => document.querySelector('#body').setSelectionRange(at, at)", HUT.index("\n\n") + 2)
    page.set_input_files("#files", {"name": "mountains.png", "mimeType": "image/png", "buffer": draw_mountains()})
    page.fill(".files li input", "The mountains behind the hut")
    page.click("text=Save >> nth=0")
    page.wait_for_selector("article img")


def draw_mountains() -> bytes:
    drawn = Image.new("RGB", SIZE, SKY)
    for colour, heights in RIDGES.items():
        step = SIZE[0] / (len(heights) - 1)
        points = [(number * step, height) for number, height in enumerate(heights)]
        ImageDraw.Draw(drawn).polygon([(0, SIZE[1]), *points, SIZE], fill=colour)
    written = io.BytesIO()
    drawn.save(written, "PNG")
    return written.getvalue()


def age(database: Path) -> None:
    """Let the notes have been written one after the other in the last days."""
    with closing(sqlite3.connect(database)) as connection, connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM note ORDER BY pinned DESC, changed_at DESC")]
        for number, note in enumerate(ids):
            older = int(1.9**number * 8 * 60 * 1_000_000)
            earlier = "UPDATE note SET changed_at = changed_at - ?1, list_order = list_order - ?1 WHERE id = ?2"
            connection.execute(earlier, (older, note))
    connection.close()


def conflict(page: Page) -> None:
    """Save the note in a second tab, then here."""
    second = page.context.new_page()
    second.goto(page.url)
    text = page.input_value("[name=body]")
    second.fill("[name=body]", text.replace("We take the 9:12", "We take the 10:12"))
    second.click("text=Save >> nth=0")
    second.wait_for_selector(".message")
    second.close()
    page.fill(
        "[name=body]", text.replace("We take the 9:12", "We take the early 8:12").replace("Head torches", "Torches")
    )
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".conflict")


def everywhere(page: Page, name: str) -> None:
    """Take a page wide and on a phone, light and dark."""
    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size, viewport in (("wide", WIDE), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            picture(page, f"{name}-{size}{suffix}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)


def picture(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, notes_app(Path(folder)) as served, browser() as chromium:
        take(chromium, served, Path(folder) / "notes.db")
    sys.stdout.write(f"{len(list(PICTURES.iterdir()))} pictures in {PICTURES.relative_to(ROOT)}\n")
