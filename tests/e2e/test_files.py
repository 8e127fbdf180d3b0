"""Files in a browser, on a phone and without JavaScript: a picture in a smaller size, and the list that deletes."""

from __future__ import annotations

import re

import pytest
from files.test_smaller import noise
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from e2e.conftest import ONE_COLUMN, Opener, signed_up
from e2e.test_every_page import examine

PHONE: ViewportSize = {"width": 390, "height": 800}
SIZE = "picture => picture.complete && picture.naturalWidth"


def garden(width: int) -> FilePayload:
    return {"name": "garden.jpg", "mimeType": "image/jpeg", "buffer": noise(width, 600)}


def write(page: Page, *files: FilePayload) -> None:
    """Write a note with files, which a browser without JavaScript sends with the form."""
    page.goto("/notes/new")
    page.fill("#title", "Garden")
    page.set_input_files("#files", list(files))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url(re.compile(r"/notes/\d+$"))


def test_a_phone_loads_a_large_picture_in_a_smaller_size(opened: Opener) -> None:
    page = signed_up(opened(viewport=PHONE))
    write(page, garden(2000))
    examine(page)
    for size, width in ((PHONE, 1280), (ONE_COLUMN, 2000)):
        page.set_viewport_size(size)
        page.reload()
        page.wait_for_function("document.querySelector('.prose img').complete")
        assert page.locator(".prose img").evaluate(SIZE) == width
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_pages_of_files_fit_a_phone_and_break_no_rule(opened: Opener) -> None:
    page = signed_up(opened())
    page.goto("/files")
    examine(page)
    write(page, garden(50), garden(60))
    page.goto("/notes/new")
    page.set_input_files("#files", [garden(70)])
    expect(page.locator("#body")).to_have_value(re.compile(r"/files/\d+/"))
    page.goto("/files")
    examine(page)
    page.get_by_role("link", name="Delete garden.jpg").click()
    examine(page)


@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["JavaScript", "no JavaScript"])
@pytest.mark.parametrize("viewport", [PHONE, ONE_COLUMN], ids=["phone", "wide"])
def test_a_file_that_no_note_mentions_is_deleted_on_the_page_of_files(
    opened: Opener, options: dict[str, bool], viewport: ViewportSize
) -> None:
    page = signed_up(opened(viewport=viewport, **options))
    write(page, garden(50))
    page.goto("/files")
    expect(page.locator("main li")).to_contain_text("in Garden")
    page.locator("main li").get_by_role("link", name="Garden", exact=True).click()
    page.get_by_role("button", name="Delete").first.click()
    page.goto("/files")
    expect(page.locator("main li")).to_contain_text("in Garden (in the trash)")
    page.goto("/trash/empty")
    page.get_by_role("button", name="Delete them for good").click()
    page.goto("/files")
    page.get_by_role("link", name="Delete garden.jpg").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Delete it for good").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".message")).to_have_text("“garden.jpg” is gone for good.")
    expect(page.locator("main li")).to_have_count(0)
