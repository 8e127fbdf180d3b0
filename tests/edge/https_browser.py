"""A person at a server with TLS: a client that trusts its certificate, and forms sent as a browser sends them."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx
from bs4 import BeautifulSoup


def client(address: str, authority: Path) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(authority))
    return httpx.Client(base_url=address, verify=trusted, follow_redirects=True, timeout=60)


def submit(
    browser: httpx.Client, path: str, *, at: str | None = None, file: tuple[str, bytes] | None = None, **fields: str
) -> httpx.Response:
    """Send a form to `path`, with what is hidden in the page (`at`, by default the same path), and maybe a file."""
    answer = browser.get(at or path)
    page = BeautifulSoup(answer.text, "html.parser")
    hidden = {str(field["name"]): str(field.get("value", "")) for field in page.select("input[type=hidden][name]")}
    assert "csrf_token" in hidden, f"{answer.status_code} for {answer.url}"
    files = {"files": file} if file else None
    return browser.post(path, data=hidden | fields, files=files, headers={"Referer": str(browser.base_url)})
