"""Stylesheets, scripts and icons: kept for a year under the address of their content, and no other."""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

EXPORT = Path(__file__).parents[1] / "nginx" / "export-static"
FILES = ["bootstrap.min.css", "notes.css", "notes.js", "editor.js", "favicon.svg", "icons.svg", "site.webmanifest"]


@pytest.mark.parametrize("name", FILES)
def test_an_asset_is_kept_for_a_year_under_its_fingerprint(app: Flask, client: FlaskClient, name: str) -> None:
    address = app.jinja_env.globals["assets"][name]  # type: ignore[index]
    assert client.get(address, buffered=True).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    for other in (address.partition("?")[0], f"{address}0", f"{address.partition('=')[0]}=wrong"):
        assert "immutable" not in client.get(other, buffered=True).headers["Cache-Control"]


def test_every_asset_is_exported_for_nginx_under_its_fingerprint(app: Flask, tmp_path: Path) -> None:
    """`nginx/export-static` is run while the image is built and by `make up`."""
    subprocess.run([sys.executable, EXPORT, tmp_path], check=True, capture_output=True)
    for address in app.jinja_env.globals["assets"].values():  # type: ignore[attr-defined]  # a mapping of ours
        path, _, fingerprint = address.partition("?v=")
        assert (tmp_path / fingerprint / path.lstrip("/")).is_file()
        assert (tmp_path / fingerprint / f"{path.lstrip('/')}.gz").is_file()


def test_every_icon_on_a_page_is_in_the_sprite(client: FlaskClient, alice: FlaskClient) -> None:
    page = BeautifulSoup(alice.get("/notes").data, "html.parser")
    wanted = {str(use["href"]).partition("#")[2] for use in page.select("use")}
    assert wanted
    assert wanted <= set(re.findall(r'id="([^"]+)"', client.get("/icons.svg").text))


def test_the_manifest_is_served_as_one(client: FlaskClient) -> None:
    answer = client.get("/static/site.webmanifest", buffered=True)
    assert answer.mimetype == "application/manifest+json"
    assert answer.get_json(force=True)["start_url"] == "../notes"  # below static, wherever the app is


@pytest.mark.parametrize("path", ["/notes", "/notes/new"])
def test_a_page_weighs_less_than_sixty_kilobytes_cold(alice: FlaskClient, path: str) -> None:
    html = alice.get(path, buffered=True).data
    page = BeautifulSoup(html, "html.parser")
    addresses = {
        str(tag.get("href") or tag.get("src")).partition("#")[0] for tag in page.select("link, script, use, img")
    }
    files = [alice.get(address, buffered=True).data for address in addresses]
    assert len(files) >= 6
    assert sum(len(gzip.compress(file)) for file in [html, *files]) < 60 * 1024
