"""Numbers in addresses: one that nothing can have is answered as one that nothing has."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_sqlite
from werkzeug.routing import Rule

from app.ids import LARGEST_ID, IdConverter
from devtools.forms import csrf_token
from devtools.people import Cast, create_token

pytestmark = on_sqlite
UNUSED = 887_654_321_098_765


def addresses(app: Flask, number: int) -> Iterator[tuple[str, str]]:
    """Yield the method and the address of every operation about a thing with an id, with `number` for all of them."""
    for rule in app.url_map.iter_rules():
        if any(isinstance(converter, IdConverter) for converter in rule._converters.values()):
            yield from ((method, address(rule, number)) for method in sorted(rule.methods or ()))


def address(rule: Rule, number: int) -> str:
    return "".join(str(number) if is_dynamic else part for is_dynamic, part in rule._trace if part != "|")


@pytest.mark.parametrize("number", [LARGEST_ID + 1, 10**16 - 1, 10**16, 10**40])
def test_a_number_that_is_too_large_is_nobodys(app: Flask, alice: FlaskClient, cast: Cast, number: int) -> None:
    form = {"csrf_token": csrf_token(alice, "/notes/new"), "version": "1"}
    headers = {"Authorization": f"Bearer {create_token(app, cast['alice'].id)}", "If-Match": '"1"'}

    def statuses(of: int) -> dict[tuple[str, str], int]:
        return {
            (method, path.replace(str(of), "ID")): alice.open(
                path, method=method, data=form, headers=headers
            ).status_code
            for method, path in addresses(app, of)
        }

    known = statuses(UNUSED)
    assert len(known) > 30
    assert 405 not in known.values()
    too_large = statuses(number)
    if number < 10**16:
        assert too_large == known
    else:
        assert {status for (method, _), status in too_large.items() if method != "OPTIONS"} == {404}
