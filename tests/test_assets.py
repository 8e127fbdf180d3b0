"""Stylesheets, scripts and icons: kept for a year under the address of their content, and no other."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.sessions import Account
from app.notes import note_lists, service
from app.notes.drafts import Draft

EXPORT = Path(__file__).parents[1] / "nginx" / "export-static"
FILES = ["notes.css", "note.css", "notes.js", "editor.js", "favicon.svg", "icons.svg", "site.webmanifest"]


@pytest.mark.parametrize("name", FILES)
def test_an_asset_is_kept_for_a_year_under_its_fingerprint(app: Flask, client: FlaskClient, name: str) -> None:
    address = app.jinja_env.globals["assets"][name]  # type: ignore[index]
    assert client.get(address, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (address.partition("?")[0], f"{address}0", f"{address.partition('=')[0]}=wrong"):
        assert "immutable" not in client.get(other, buffered=True).headers["Cache-Control"]


@pytest.mark.parametrize(
    ("header", "status", "is_kept"), [({"If-None-Match": "*"}, 304, True), ({"If-Match": '"other"'}, 412, False)]
)
def test_a_refused_condition_is_not_kept_in_the_place_of_an_asset(
    app: Flask, client: FlaskClient, header: dict[str, str], status: int, is_kept: bool
) -> None:
    address = app.jinja_env.globals["assets"]["notes.css"]  # type: ignore[index]
    answer = client.get(address, headers=header, buffered=True)
    assert answer.status_code == status
    assert ("immutable" in answer.headers["Cache-Control"]) == is_kept


@pytest.mark.slow
def test_every_asset_is_exported_for_nginx_under_its_fingerprint(app: Flask, tmp_path: Path) -> None:
    """`nginx/export-static` is run while the image is built and by `make up`."""
    subprocess.run([sys.executable, EXPORT, tmp_path], check=True, capture_output=True)
    for address in app.jinja_env.globals["assets"].values():  # type: ignore[attr-defined]  # a mapping of ours
        path, _, fingerprint = address.partition("?v=")
        assert (tmp_path / fingerprint / path.lstrip("/")).is_file()
        assert (tmp_path / fingerprint / f"{path.lstrip('/')}.gz").is_file()


@pytest.mark.parametrize("name", ["../config.py", "nothing.css", ".hidden"])
def test_nothing_else_is_sent(client: FlaskClient, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_scripts_and_styles_are_sent_without_their_comments(client: FlaskClient) -> None:
    for name, comment in {"drafts.js": "// ", "notes.css": "/*"}.items():
        sent = client.get(f"/static/{name}").text
        assert sent
        assert comment not in sent


def test_an_asset_is_not_sent_again_to_a_browser_that_has_it(client: FlaskClient) -> None:
    etag = client.get("/static/notes.css").headers["ETag"]
    assert client.get("/static/notes.css", headers={"If-None-Match": etag}).status_code == 304


def test_every_icon_on_a_page_is_in_the_sprite(client: FlaskClient, alice: FlaskClient) -> None:
    page = BeautifulSoup(alice.get("/notes").data, "html.parser")
    wanted = {str(use["href"]).partition("#")[2] for use in page.select("use")}
    assert wanted
    assert wanted <= set(re.findall(r'id="([^"]+)"', client.get("/icons.svg").text))


def test_the_manifest_is_served_as_one(client: FlaskClient) -> None:
    answer = client.get("/static/site.webmanifest", buffered=True)
    assert answer.mimetype == "application/manifest+json"
    assert answer.get_json(force=True)["start_url"] == "../notes"  # below static, wherever the app is


HALF_A_LINE = "Fold it four times, then leave the dough overnight"
FULL = Draft("Bread, the second attempt", f"{HALF_A_LINE}. " * 12, ("bread", "home", "kitchen"), "open")


def test_a_full_page_of_a_list_weighs_at_most_sixty_kilobytes_cold(
    app: Flask, cast: dict[str, Account], alice: FlaskClient
) -> None:
    with app.app_context():
        for number in range(note_lists.PAGE + 1):
            service.create(cast["alice"].id, replace(FULL, title=f"{FULL.title}, {number}"), service.new_key())
    files = _files_of(alice, "/notes")
    assert files["/notes"].count(b"<li dir") == note_lists.PAGE
    assert sum(map(len, files.values())) <= 60 * 1024, {path: len(file) for path, file in files.items()}


def test_the_editor_weighs_at_most_sixty_kilobytes_cold(alice: FlaskClient) -> None:
    assert sum(map(len, _files_of(alice, "/notes/new").values())) <= 60 * 1024


def _files_of(client: FlaskClient, path: str) -> dict[str, bytes]:
    """Return the page and all that it loads, as the app sends it: by address."""
    html = client.get(path, buffered=True).data
    tags = BeautifulSoup(html, "html.parser").select("link, script, use, img")
    addresses = {str(tag.get("href") or tag.get("src")).partition("#")[0] for tag in tags}
    assert len(addresses) >= 6
    return {path: html} | {address: client.get(address, buffered=True).data for address in addresses}
