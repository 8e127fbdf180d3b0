"""docs/reference.md is what the sources hold."""

from __future__ import annotations

from operations import reference


def test_the_page_is_what_make_reference_writes() -> None:
    assert reference.PAGE.read_text() == reference.page(), "make reference"


def test_it_has_something_of_everything() -> None:
    page = reference.page()
    for known in (
        "| `/livez` | GET | probe |",
        "`http_request_seconds`",
        "`nginx-down`",
        "| characters in a title | 200 |",
    ):
        assert known in page
