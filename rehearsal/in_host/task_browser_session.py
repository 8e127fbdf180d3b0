"""Browser session in the internet: the first person signs up, plans tasks, and makes a token for a program."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from devtools.browsers import FLAGS
from devtools.page_actions import choose_status, message, open_editor, save
from rehearsal.in_host.browser_session import EMAIL, PASSWORD, trust_authority

Record = Callable[[str, str], None]


def sign_up(page: Page, record: Record) -> None:
    page.goto("/sign-up")
    for field, value in (("email", EMAIL), ("password", PASSWORD), ("again", PASSWORD)):
        page.fill(f"#{field}", value)
    page.get_by_role("button", name="Sign up").click()
    expect(page.locator("main")).to_contain_text("A blank page.")
    record("An account was made.", "signed-up")


def plan(page: Page, record: Record) -> None:
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    page.goto("/notes/new")
    page.fill("#title", "Water the seedlings")
    choose_status(page, "open")
    page.fill("#due_on", tomorrow.isoformat())
    save(page)
    expect(page.locator("h1")).to_have_text("Water the seedlings")
    page.wait_for_load_state()
    page.goto("/tasks")
    expect(page.locator(".notes .due")).to_have_count(1)
    record("A task was written that is due tomorrow.", "planned")


def edit(page: Page, record: Record) -> None:
    open_editor(page, "Water the seedlings")
    page.fill("#body", "Twice a day while it is **hot**.")
    save(page)
    expect(page.locator("article .prose strong")).to_have_text("hot")
    # The page's script forgets the draft; whoever leaves before it ran is asked later about a draft that was saved.
    page.wait_for_load_state()
    record("It was edited.", "edited")


def complete(page: Page, record: Record) -> None:
    page.goto("/tasks")
    page.get_by_role("button", name="Mark as done").click()
    expect(page.get_by_role("button", name="Open again")).to_be_visible()
    record("It was marked as done.", "done")


def delete_and_undo(page: Page, record: Record) -> None:
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(".message")).to_contain_text("went to the trash")
    expect(page.locator(".notes .title")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".notes .title")).to_have_text("Water the seedlings")
    record(f"It was deleted and put back: {message(page)}", "undone")


def create_token(page: Page, record: Record) -> str:
    page.goto("/account/tokens")
    page.fill("#name", "my script")
    page.check("#scope-write")
    page.get_by_role("button", name="Make a token").click()
    token = page.input_value("#made")
    record("A token for a program was made.", "token")
    return token


def main(authority: str, pictures: str) -> None:
    trust_authority(Path(authority))
    steps: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(base_url="https://tasks.test", viewport={"width": 1200, "height": 560})

        def record(sentence: str, name: str) -> None:
            page.screenshot(path=Path(pictures) / f"{len(steps) + 1}-{name}.png")
            steps.append(sentence)

        page.goto("http://tasks.test/sign-up")
        led_to = page.url
        for step in (sign_up, plan, edit, complete, delete_and_undo):
            step(page, record)
        token = create_token(page, record)
        security = page.goto("/tasks").security_details()  # type: ignore[union-attr]
        second = browser.new_page().goto("https://tasks.test/sign-up")
        browser.close()
    found = {"steps": steps, "token": token, "led to": led_to, "certificate": security}
    json.dump(found | {"second person": second and second.status}, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
