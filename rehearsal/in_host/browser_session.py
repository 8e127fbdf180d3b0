"""Browser session in the internet: signs up, writes a note, turns its status and finds it, over HTTPS."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from devtools.browsers import FLAGS
from devtools.page_actions import write

PLAIN = "http://notes.test/sign-up"
EMAIL, PASSWORD = "ada@example.org", "four plain words here"


def trust_authority(authority: Path) -> None:
    """Put the authority's certificate where Chromium looks on Linux; errors of certificates stay errors."""
    store = Path.home() / ".pki" / "nssdb"
    store.mkdir(parents=True)
    database = ["certutil", "-d", f"sql:{store}"]
    subprocess.run([*database, "-N", "--empty-password"], check=True)
    subprocess.run([*database, "-A", "-t", "C,,", "-n", "authority", "-i", authority], check=True)


def use_notes(page: Page, pictures: Path) -> list[str]:
    steps: list[str] = []

    def record(sentence: str, name: str) -> None:
        page.screenshot(path=pictures / f"{name}.png")
        steps.append(sentence)

    page.goto("/sign-up")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.fill("#again", PASSWORD)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("main")).to_contain_text("A blank page.")
    record("An account was made.", "1-signed-up")
    write(page, "Water the seedlings", "Twice a day while it is **hot**.", status="open", tags="garden")
    record("A note was written.", "2-written")
    page.goto("/tasks")
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    record("It was marked as done.", "3-done")
    page.goto("/search?q=seedlings")
    expect(page.locator("main mark").first).to_have_text("seedlings")
    record("It was found by a search.", "4-found")
    return steps


def main(authority: str, pictures: str) -> None:
    trust_authority(Path(authority))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(base_url="https://notes.test", viewport={"width": 1200, "height": 560})
        page.goto(PLAIN)
        led_to = page.url
        steps = [f"{PLAIN} led to {led_to}, with a certificate the browser trusts.", *use_notes(page, Path(pictures))]
        security = page.goto("/notes").security_details()  # type: ignore[union-attr]
        browser.close()
    json.dump({"steps": steps, "led to": led_to, "certificate": security}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
