"""No text makes a page of one note expensive: those that once did, and those that a search for slow ones finds.

`make fuzz` searches longer: SLOW_INPUTS is how many triples of texts it tries.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from costs import MEGABYTES_AT_MOST, SECONDS_AT_MOST, Cost, cost, repetitive_texts
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings, target
from pace import processor_seconds
from werkzeug.test import TestResponse

from app.notes import service
from app.notes.drafts import Draft
from devtools.forms import csrf_token

EXAMPLES = int(os.environ.get("SLOW_INPUTS", "10"))
Texts = tuple[str, str, str]


def requests(client: FlaskClient, owner: int, texts: Texts) -> Iterator[tuple[str, Callable[[], TestResponse]]]:
    """Store the texts as three versions of a note; yield the name of each request about them, and the request."""
    base, mine, theirs = texts
    note = service.create(owner, Draft("t", base), service.new_key())
    note = service.save(owner, note.id, 1, Draft("t", theirs))
    address = f"/notes/{note.id}"
    form = {"csrf_token": csrf_token(client, "/account"), "title": "t", "body": mine, "version": "1"}
    yield "comparison", partial(client.get, f"{address}/history/1")
    yield "history", partial(client.get, f"{address}/history")
    yield "edit", partial(client.get, f"{address}/edit")
    yield "save", partial(client.post, address, data=form)


def costs(client: FlaskClient, owner: int, texts: Texts) -> dict[str, Cost]:
    found = {}
    for name, request in requests(client, owner, texts):
        assert request().status_code < 500
        found[name] = cost(request)
    return found


def assert_bounded(found: dict[str, Cost]) -> None:
    assert {name: it for name, it in found.items() if it.seconds > SECONDS_AT_MOST} == {}
    assert {name: it for name, it in found.items() if it.megabytes > MEGABYTES_AT_MOST} == {}


def _lines(words: str, number: int, seed: int = 1) -> str:
    return "\n".join(random.Random(seed).choices(words.split(), k=number))


SLOW = {
    "signs that alternate": ("!." * 499, "!?" * 499, "!," * 499),
    "signs that alternate, on many lines": tuple(f"{sign * 499}\n" * 250 for sign in ("!.", "!?", "!,")),
    "one line of signs": tuple(sign * 125_000 for sign in ("!.", "!?", "!,")),
    "twelve kilobytes of few lines": tuple(_lines("a b", 6_000, seed) for seed in (1, 2, 3)),
    "as much as is aligned": tuple(_lines("one two three", 9_900, seed) for seed in (1, 2, 3)),
    "as much as is aligned, all unlike": tuple(
        "\n".join(f"{n * step % 9_901}" for n in range(9_900)) for step in (1, 3, 7)
    ),
    "nothing but ends of lines": ("\n" * 250_000, "\n " * 125_000, " \n" * 125_000),
    "every other line": tuple("\n\n".join(f"{word}{n}" for n in range(25_000)) for word in ("", "x", "y")),
    "marks of a collision": tuple("<<<<<<< yours\n=======\n>>>>>>> saved meanwhile\n" * 5_000 + end for end in "abc"),
    "signs that HTML escapes": tuple(sign * 250_000 for sign in ("<", "&", '"')),
}


@pytest.mark.slow
@pytest.mark.parametrize("texts", SLOW.values(), ids=SLOW.keys())
def test_texts_that_were_slow_are_not(alice: FlaskClient, owner: int, texts: Texts) -> None:
    assert_bounded(costs(alice, owner, texts))


def busy() -> None:
    end = time.process_time() + 4 * SECONDS_AT_MOST
    while time.process_time() < end:
        pass


@pytest.mark.slow
def test_a_slow_request_is_found() -> None:
    with pytest.raises(AssertionError):
        assert_bounded({"busy": Cost(processor_seconds(busy, SECONDS_AT_MOST), 0)})
    with pytest.raises(AssertionError):
        assert_bounded({"large": cost(lambda: bytes(130_000_000))})


# With it, a text that fails would be this warning and not what failed.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@pytest.mark.slow
def test_no_slow_text_is_found(alice: FlaskClient, owner: int) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(repetitive_texts(), repetitive_texts(), repetitive_texts())
    def search(base: str, mine: str, theirs: str) -> None:
        found = costs(alice, owner, (base, mine, theirs))
        target(max(it.seconds for it in found.values()), label="seconds")
        target(max(it.megabytes for it in found.values()), label="megabytes")
        assert_bounded(found)

    search()
