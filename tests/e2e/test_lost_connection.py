"""Without a connection nothing that was typed is lost; what else happens to drafts is tested in tests/engines."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from devtools.page_actions import titles
from e2e.conftest import Complaints


def test_a_lost_connection_is_told_and_loses_nothing(ada: Page, complaints: Complaints) -> None:
    ada.goto("/notes/new")
    ada.context.set_offline(True)
    ada.fill("#body", "written on the train")
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("No connection: not saved.")
    ada.context.set_offline(False)
    ada.keyboard.press("Control+s")
    expect(ada.locator("#state")).to_contain_text("Saved.")
    assert titles(ada) == ["written on the train"]
    # The browser says of the save, and of a preview that comes later, that it could not reach the server: it could not.
    complaints.found = [text for text in complaints.found if "ERR_INTERNET_DISCONNECTED" not in text]
