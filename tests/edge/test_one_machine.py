"""`make up` gives a browser the whole of it, and `make down` leaves nothing behind."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

from devtools.local_stack import NAME, one_machine


def test_all_of_it_answers_in_a_browsers_way_and_ends_with_the_block(home: Path) -> None:
    with one_machine(home) as nginx:
        trusted = ssl.create_default_context(cafile=str(home / "certificate" / "fullchain.pem"))
        address = f"https://{NAME}:{nginx.https_port}"
        with httpx.Client(base_url=address, verify=trusted, follow_redirects=True) as browser:
            page = browser.get("/")
            script = browser.get("/static/notes.js")
    assert str(page.url) == f"{address}/sign-in?next=/notes"
    assert page.headers["Strict-Transport-Security"]
    assert script.status_code == 200
    assert not (home / "nginx.pid").exists()
