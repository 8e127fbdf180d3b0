"""Takes the pictures in docs/screenshots: `make screenshots`."""

from __future__ import annotations

import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page
from running import ROOT, browser, notes_app

PICTURES = ROOT / "docs" / "screenshots"
WIDE, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}

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

NOTES: list[tuple[str, str, str, str, int | None]] = [
    # title, text, tags, status, due in days; the last one written stands on top
    ("Bicycle", "Front brake rubs since the tour. Pads are 8.5 mm, the small kind.", "bicycle", "none", None),
    ("Books to read", "The Wall by Marlen Haushofer. The Rings of Saturn. Something by Tove Jansson.", "books", "none", None),
    ("Renew the passport", "Photo must be newer than six months. Appointments open on Mondays at eight.", "", "open", 12),
    ("Water the seedlings", "The balcony boxes too, they dry out first.", "garden", "done", -2),
    ("", "The swing in the old orchard, and how the ropes smelled of tar. Start the story there.", "writing", "none", None),
    ("Tax return", "Receipts are in the blue folder; the one from the optician is still missing.", "money", "open", -3),
    ("Bread, second attempt", "500 g flour, 380 g water, 10 g salt, 90 g starter. Fold four times, then **cold overnight**. Oven as hot as it goes.", "kitchen", "none", None),
    ("Call the chimney sweep", "", "house", "open", 1),
    ("Ideas for Mira's birthday", "A kite, the atlas with the big drawings, or an afternoon at the observatory.", "family", "none", None),
    ("Send the offer to Ruth", "Two variants, the second without the shelf. She is in the office until four.", "work", "open", 0),
    ("Meeting on the new reading room", "Light from the north. Forty seats, ten of them quiet. Ask about the floor: cork or oak?", "work", "none", None),
    ("Weekend at the hut", HUT, "family mountains", "none", None),
]  # fmt: skip


def take(opened: Browser, address: str) -> None:
    page = opened.new_context(viewport=WIDE).new_page()
    page.set_default_timeout(10_000)
    page.goto(f"{address}/sign-up")
    picture(page, "sign-up-wide")
    page.fill("[name=email]", "ada@example.org")
    page.fill("[name=password]", "four plain words here")
    page.fill("[name=again]", "four plain words here")
    page.click("main button")
    page.wait_for_url("**/notes")
    picture(page, "empty-wide")
    for note in NOTES:
        write(page, address, *note)
    page.click("text=Pin")
    for name, path in {"list": "/notes", "tasks": "/tasks", "search": "/search?q=the"}.items():
        page.goto(address + path)
        everywhere(page, name)
    page.goto(f"{address}/notes")
    page.click("text=Weekend at the hut")
    everywhere(page, "note")
    page.click("text=Edit")
    page.wait_for_selector(".preview table")
    everywhere(page, "editor")
    conflict(page)
    everywhere(page, "conflict")


def write(page: Page, address: str, title: str, text: str, tags: str, status: str, due: int | None) -> None:
    page.goto(f"{address}/notes/new")
    page.fill("[name=title]", title)
    page.fill("[name=body]", text)
    page.fill("[name=tags]", tags)
    page.check(f"[name=status][value={status}]", force=True)
    if due is not None:
        page.fill("[name=due_on]", str(date.today() + timedelta(days=due)))  # noqa: DTZ011  # the browser's own day
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".message")


def conflict(page: Page) -> None:
    """Save the note in a second tab, then here."""
    second = page.context.new_page()
    second.goto(page.url)
    second.fill("[name=body]", HUT.replace("We take the 9:12", "We take the 10:12"))
    second.click("text=Save >> nth=0")
    second.wait_for_selector(".message")
    second.close()
    page.fill(
        "[name=body]", HUT.replace("We take the 9:12", "We take the early 8:12").replace("Head torches", "Torches")
    )
    page.click("text=Save >> nth=0")
    page.wait_for_selector(".conflict")


def everywhere(page: Page, name: str) -> None:
    """Take a page wide and on a phone, light and dark."""
    for scheme, suffix in (("light", ""), ("dark", "-dark")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for size, viewport in (("wide", WIDE), ("phone", PHONE)):
            page.set_viewport_size(viewport)  # type: ignore[arg-type]
            picture(page, f"{name}-{size}{suffix}")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDE)  # type: ignore[arg-type]


def picture(page: Page, name: str) -> None:
    page.screenshot(path=PICTURES / f"{name}.png", animations="disabled")


if __name__ == "__main__":
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, notes_app(Path(folder)) as served, browser() as chromium:
        take(chromium, served)
    sys.stdout.write(f"{len(list(PICTURES.iterdir()))} pictures in {PICTURES.relative_to(ROOT)}\n")
