"""Thousands of real files, imported by the command, and then used in a browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from transferring import copied

from devtools import browsers
from devtools.page_actions import save
from devtools.processes import ROOT
from e2e.conftest import ONE_COLUMN, Complaints, signed_up

FILES = 2100


def test_thousands_of_real_files_are_browsed_searched_and_edited(
    chromium: Browser, complaints: Complaints, tmp_path: Path
) -> None:
    with browsers.notes_app(tmp_path) as address:
        context = chromium.new_context(base_url=address, viewport=ONE_COLUMN)
        context.on("page", complaints.listen)
        page = signed_up(context.new_page())
        _import(tmp_path, page.locator(".account a[href='/account']").inner_text())
        assert _browse_to_the_end(page) >= 2000
        _search_and_edit(page)
        context.close()


def _import(folder: Path, email: str) -> None:
    assert copied(folder / "files", FILES) == FILES
    subprocess.run(
        [sys.executable, "-m", "flask", "--app", "crudapp", "notes", "import", folder / "files", "--owner", email],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"sqlite:///{folder}/notes.db", "SECRET_KEY": "0123456789abcdef" * 4},
        check=False,  # some of them are too large, and said to be
        capture_output=True,
    )


def _browse_to_the_end(page: Page) -> int:
    """Return how many notes the list holds; every tenth page, one of them is opened."""
    seen: set[str] = set()
    page.goto("/notes")
    while True:
        here = page.url
        links = page.locator(".notes .title").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert not seen.intersection(links)
        seen.update(links)
        if len(seen) // 20 % 10 == 0:
            page.goto(links[0])
            expect(page.locator("main header h1")).not_to_be_empty()
            page.goto(here)
        if not page.get_by_role("link", name="Older").count():
            return len(seen)
        with page.expect_navigation():
            page.get_by_role("link", name="Older").click()


def _search_and_edit(page: Page) -> None:
    page.goto("/search?q=license")
    expect(page.locator("mark").first).to_be_visible()
    page.locator(".notes .title").first.click()
    page.get_by_role("link", name="Edit", exact=True).click()
    page.fill("#title", "Found among thousands")
    save(page)
    page.goto('/search?q="found among thousands"')
    expect(page.locator(".notes .title")).to_have_text(["Found among thousands"])
