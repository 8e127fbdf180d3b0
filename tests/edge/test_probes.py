"""From the internet only /livez may be reached."""

from __future__ import annotations

import httpx
import pytest


def test_livez_reaches_the_app(visitor: httpx.Client) -> None:
    assert visitor.get("/livez").json()["path"] == "/livez"


@pytest.mark.parametrize("probe", ["health", "readyz", "metrics", "pool-stats"])
@pytest.mark.parametrize("spelling", ["/{}", "/{}/", "//{}", "/./{}", "/x/../{}", "/x/..%2f{}", "/{}?x=1", "/{}/x"])
def test_a_probe_is_not_found_however_it_is_spelt(visitor: httpx.Client, probe: str, spelling: str) -> None:
    answer = visitor.get("/", extensions={"target": spelling.format(probe).encode()})
    assert answer.status_code == 404
    assert "Nothing here" in answer.text


def test_a_probe_is_not_found_with_its_first_letter_encoded(visitor: httpx.Client) -> None:
    assert visitor.get("/", extensions={"target": b"/%68ealth"}).status_code == 404


def test_a_page_that_only_begins_like_a_probe_reaches_the_app(visitor: httpx.Client) -> None:
    assert visitor.get("/healthy-eating").json()["path"] == "/healthy-eating"
