"""Browser session in the internet: sends an entry to one task and sees it at another."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from devtools.browsers import FLAGS


def use_entries(page: Page, sites: list[str], pictures: Path) -> list[str]:
    page.goto(sites[0])
    expect(page.locator("main")).to_contain_text("There is none yet.")
    page.fill("#username", "ada")
    page.fill("#number", "²²²²²²²²")
    page.get_by_role("button", name="Send").click()
    expect(page.locator("#number")).to_have_value("²²²²²²²²")
    page.fill("#number", "00123456")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".latest .number")).to_have_text("00123456")
    page.screenshot(path=pictures / "entered.png")
    page.goto(sites[1])
    expect(page.locator(".latest .number")).to_have_text("00123456")
    return ["A number of other digits was refused.", "The entry was stored.", "The task in the other zone shows it."]


def main(pictures: str, *sites: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        steps = use_entries(browser.new_page(viewport={"width": 1200, "height": 620}), list(sites), Path(pictures))
        browser.close()
    json.dump({"steps": steps}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
