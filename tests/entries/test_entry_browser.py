"""The page of entries in a real browser, served by gunicorn from an emulated DynamoDB."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from e2e.test_every_page import faults, is_too_wide
from playwright.sync_api import Browser, Page, expect

from devtools import browsers, dynamodb

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def served(dynamo: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    environ = dynamodb.CREDENTIALS | {
        "AWS_ENDPOINT_URL": dynamo,
        "FEATURES": "entries",
        "ENTRIES_STORE": "dynamodb",
        "DYNAMO_TABLE": "in-a-browser",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environ.items():
            patch.setenv(name, value)
        from app.entries.dynamo import DynamoStore

        DynamoStore("in-a-browser", "eu-central-1").create_table()
        with browsers.notes_app(tmp_path_factory.mktemp("served"), **environ) as address:
            yield address


@pytest.fixture(params=["light", "dark"])
def phone(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    scheme: Literal["light", "dark"] = request.param
    context = chromium.new_context(viewport={"width": 390, "height": 800}, color_scheme=scheme, has_touch=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("typed", ["00123456", "0012 3456", "0012-3456", " 0012 3456 "])
def test_an_entry_is_sent_and_shown(phone: Page, served: str, typed: str) -> None:
    phone.goto(served)
    phone.fill("#username", "dora")
    phone.fill("#number", typed)
    phone.click("text=Send")
    expect(phone.locator(".message")).to_have_text("Saved: 00123456 by dora.")
    expect(phone.locator(".latest .number")).to_have_text("00123456")
    assert not faults(phone)
    assert not is_too_wide(phone)


def test_a_number_that_breaks_the_rule_is_not_sent_by_the_browser(phone: Page, served: str) -> None:
    phone.goto(served)
    phone.fill("#username", "dora")
    phone.fill("#number", "²²²²²²²²")
    phone.click("text=Send")
    assert phone.locator("#number").evaluate("field => field.validity.patternMismatch")
    assert phone.url == f"{served}/"


def test_the_page_with_errors_and_a_persons_page_suit_everybody(phone: Page, served: str) -> None:
    phone.goto(served)
    phone.locator("form").evaluate("form => form.noValidate = true")
    phone.fill("#number", "12a")
    phone.click("text=Send")
    expect(phone.locator("#number")).to_have_value("12a")
    assert not faults(phone)
    phone.request.post(f"{served}/api/v1/entries", data={"username": "x" * 32, "number": "12345678"})
    phone.goto(f"{served}/entries/{'x' * 32}")
    assert not faults(phone)
    assert not is_too_wide(phone)
