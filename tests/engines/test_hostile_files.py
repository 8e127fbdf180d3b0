"""Files with scripts in them run none in any engine, wherever somebody opens them; a PDF opens in its reader."""

from __future__ import annotations

import io
from contextlib import suppress

from files.hostile import SCRIPT, corpus
from PIL import Image

from devtools.engines.listener import RUN
from devtools.engines.window import Failed, Window
from engines.conftest import Person, Site, device, hidden

RAN = "a script ran\n"
BLUE = (0, 0, 255)
# A page that is blue all over.
PDF = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 4 0 R>> endobj
4 0 obj <</Length 24>>stream
0 0 1 rg 0 0 300 100 re f
endstream endobj
trailer <</Root 1 0 R>>
%%EOF
"""


def test_no_script_in_a_file_runs(ada: Person, site: Site) -> None:
    window = ada.window()
    hostile = {one.label: one.content.replace(SCRIPT, RUN + SCRIPT) for one in corpus() if SCRIPT in one.content}
    assert len(hostile) >= 35
    for label, address in add(ada, hostile).items():
        look(window, address)
        assert site.complaints.read_text() == "", label
    hear_what_is_planted(window, site)


def add(person: Person, contents: dict[str, bytes]) -> dict[str, str]:
    """Add files to the person's; return their addresses."""
    with device(person.site) as client:
        client.cookies.update(person.session)
        headers = {
            "X-CSRFToken": hidden(client.get("/notes/new").text, "csrf_token"),
            "Referer": person.site.address,
            "Content-Type": "application/octet-stream",
        }
        sent = {
            name: client.post("/files", params={"name": name}, content=content, headers=headers)
            for name, content in contents.items()
        }
        return {name: answer.raise_for_status().json()["address"] for name, answer in sent.items()}


def look(window: Window, address: str) -> None:
    """Go to a file, which may be shown, played or downloaded."""
    with suppress(Failed):  # it was a download
        window.open(address)


def hear_what_is_planted(window: Window, site: Site) -> None:
    """Open the same script in a page of the site: had it run in a file, that had been heard."""
    window.open("/listener.html")
    window.wait(lambda: site.complaints.read_text() == RAN, "the planted script")
    site.complaints.write_text("")


def test_a_pdf_opens_where_it_is(ada: Person) -> None:
    window = ada.window()
    window.open(add(ada, {"report.pdf": PDF})["report.pdf"])
    window.wait(lambda: count(window.image(), BLUE) > 1000, "the page of the PDF")


def count(picture: bytes, colour: tuple[int, int, int]) -> int:
    """Return how many points of a picture have just this colour."""
    colours = Image.open(io.BytesIO(picture)).convert("RGB").getcolors(2**24) or []
    return sum(number for number, found in colours if found == colour)
