"""No search stalls a worker, however repetitive the notes are and whatever is typed.

`make fuzz` looks for slow ones longer: SEARCH_CASES is how many.
"""

from __future__ import annotations

import os

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings, target
from hypothesis import strategies as st
from pace import processor_seconds

from app import db
from app.notes import service
from app.notes.drafts import BODY_BYTES, Draft
from devtools.databases import rewrite_full_text
from devtools.forms import csrf_token

SECONDS = 0.2  # of processor time, SQLite's own among them; a request may take 0.5
CASES = int(os.environ.get("SEARCH_CASES", "40"))
BITS = [
    "a",
    "ab",
    "aab",
    "ß",
    "日",
    "日本",
    "ﬃ",
    "ก",
    "각",
    "👍",
    "a_a",
    "a-a",
    "12",
    "é",
    "का",
    "x" * 70,
    "tag",
    "not",
]
NOTES = 60


def filled(bits: str) -> str:
    return (bits * BODY_BYTES)[: BODY_BYTES // len(bits.encode()) * len(bits)]


@pytest.fixture
def repetitive(owner: int, database_url: str) -> int:
    """An owner of large notes that say the same again and again."""
    with db.transaction():
        for number in range(NOTES):
            bits = " ".join(BITS[(number + step) % len(BITS)] for step in range(1 + number % 4)) + " "
            service.create(owner, Draft(bits[:100], filled(bits), ("a", "ab")), f"key{number}")
    on_server = db.dialect() == "mysql"
    db.release()
    if on_server:
        rewrite_full_text(database_url)
    return owner


def seconds(client: FlaskClient, typed: str) -> float:
    """Return the processor time that the page of this search takes."""

    def ask() -> None:
        assert client.get("/search", query_string={"q": typed}).status_code == 200

    return processor_seconds(ask, SECONDS)


@pytest.mark.slow
def test_a_search_over_repetitive_notes_takes_a_fifth_of_a_second_at_most(alice: FlaskClient, repetitive: int) -> None:
    typed = [
        '"' + "a " * 600,
        " ".join(f'"{"a " * length}"' for length in range(2, 60)),
        " ".join(f'"{"ab a " * length}b"' for length in range(1, 60)),
        " OR ".join(f'"{"a " * length}ab"' for length in range(1, 60)),
        " ".join(f"{bit}*" for bit in BITS * 9),
        " ".join(f"-{bit}" for bit in BITS * 9),
        "日" * 600,
        "각" * 600,
        "ก" * 600,
        "a-" * 600,
        "a_" * 600,
        "aa ab a",
        "ﬃ" * 600,
    ]
    csrf_token(alice, "/account")
    slow = {text[:30]: taken for text in typed if (taken := seconds(alice, text)) > SECONDS}
    assert not slow


@pytest.mark.slow
def test_no_search_that_is_made_up_to_be_slow_is(alice: FlaskClient, repetitive: int) -> None:
    words = st.lists(st.sampled_from([*BITS, '"', "-", "*", "OR", "#a", "tag:a", "due:week", "is:open"]), max_size=80)
    joined = st.builds(lambda parts, between: between.join(parts), words, st.sampled_from([" ", "", "-", '" "', "* "]))

    @settings(
        max_examples=CASES,
        deadline=None,
        phases=[Phase.generate, Phase.target],
        suppress_health_check=list(HealthCheck),
    )
    @given(typed=joined)
    def run(typed: str) -> None:
        taken = seconds(alice, typed)
        target(taken, label="seconds of processor time")
        assert taken <= SECONDS, typed

    run()
