"""What is read out of the texts of AWS's models, and what is not."""

from __future__ import annotations

import pytest

from devtools.aws_prose import rules

SIGNS = "<p>Allowed characters are a-z, A-Z, 0-9, spaces, and ._-:/()#,@[]+=&amp;;{}!$*</p>"
NAME = (
    "<p>This name can have a maximum of 32 characters, must contain only alphanumeric characters or hyphens, "
    'must not begin or end with a hyphen, and must not begin with "internal-".</p>'
)
IDENTIFIER = (
    "<ul><li><p>Must contain from 1 to 63 letters, numbers, or hyphens.</p></li><li><p>First character must be a "
    "letter.</p></li><li><p>Can't end with a hyphen or contain two consecutive hyphens.</p></li></ul>"
)
SNAPSHOT = "<li><p>Must be 1 to 255 letters or numbers.</p></li><li><p>Can't end with a hyphen or contain two</p></li>"
SECRET = "<p>The name can contain ASCII letters, numbers, and the following characters: /_+=.@-</p>"
DOMAIN = "<p>In compliance with RFC 5280, the length of the domain name that you provide cannot exceed 64 octets.</p>"
TOKEN = "Up to 36 ASCII characters in the range of 33-126 (inclusive) are allowed."
TAG = "<p>Constraints: Tag keys accept a maximum of 127 Unicode characters. May not begin with <code>aws:</code>.</p>"
PLAN = "<p>Must contain 1 to 50 alphanumeric or '-_.' characters.</p>"
DASHBOARD = 'The maximum length is 255, and valid characters are A-Z, a-z, 0-9, "-", and "_". It is required.'


@pytest.mark.parametrize(
    ("text", "right", "wrong"),
    [
        (SIGNS, "the app; see /docs (v1.0) {a}&[b]!", "the app's"),
        (NAME, "notes-app", "notes_app"),
        (NAME, "n" * 32, "n" * 33),
        (NAME, "my-internal", "internal-notes"),
        (NAME, "a-b", "a-"),
        (IDENTIFIER, "notes-1", "1-notes"),
        (IDENTIFIER, "n" * 63, "n" * 64),
        (IDENTIFIER, "a-b", "a--b"),
        (SNAPSHOT, "notes-final", "notes_final"),
        (SECRET, "notes/secret-key", "notes secret"),
        (DOMAIN, "n" * 64, "n" * 65),
        (TOKEN, "terraform-2026", "terraform 2026"),
        (TAG, "Name", "aws:Name"),
        (PLAN, "notes-daily", "notes daily"),
        (DASHBOARD, "notes_1", "notes.1"),
    ],
)
def test_a_text_tells_which_values_are_right(text: str, right: str, wrong: str) -> None:
    def permits(value: str) -> bool:
        return all(rule.pattern.fullmatch(value) for rule in rules(text))

    assert rules(text)
    assert permits(right)
    assert not permits(wrong)


@pytest.mark.parametrize(
    "text",
    [
        "<p>MySQL</p><p>Must contain 1 to 64 letters or numbers.</p><p>Oracle</p><p>Must contain 1 to 8 letters.</p>",
        "<p>For images using tags, up to 255 characters total are allowed.</p>",
        "<p>For example, header names must contain only alphanumeric characters and hyphens.</p>",
        "<p>The path can contain #{host}, #{path}, and #{port}.</p>",
        "",
    ],
)
def test_a_text_of_several_cases_or_of_none_is_no_rule(text: str) -> None:
    assert rules(text) == ()
