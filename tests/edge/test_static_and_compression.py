"""Static files come from nginx's own disk, compressed beforehand and cached for as long as their name allows."""

from __future__ import annotations

import httpx
import pytest

FOREVER = "public, max-age=31536000, immutable"


def test_a_file_is_sent_from_its_precompressed_twin(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/app.css", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < 100
    assert answer.text == "body { color: black }\n" * 200


def test_a_client_without_gzip_gets_the_file_itself(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/app.css", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize("path", ["/static/app.0123abcd.js", "/static/app.css?v=0123abcd"])
def test_a_fingerprinted_file_is_kept_for_ever(visitor: httpx.Client, path: str) -> None:
    assert visitor.get(path).headers["Cache-Control"] == FOREVER


def test_a_file_without_a_fingerprint_is_asked_for_again_soon(visitor: httpx.Client) -> None:
    assert visitor.get("/static/app.css").headers["Cache-Control"] == "public, max-age=300"


def test_a_missing_file_is_not_kept(visitor: httpx.Client) -> None:
    answer = visitor.get("/static/gone.css?v=1")
    assert answer.status_code == 404
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unchanged_file_is_not_sent_again(visitor: httpx.Client) -> None:
    tag = visitor.get("/static/app.css?v=1").headers["ETag"]
    answer = visitor.get("/static/app.css?v=1", headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.headers["Cache-Control"] == FOREVER


@pytest.mark.parametrize("path", ["/static/../../log/access.log", "/static/..%2f..%2flog/access.log", "/static/%00"])
def test_no_path_leads_out_of_the_static_files(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get("/", extensions={"target": path.encode()})
    assert '"request_id"' not in answer.text
    assert answer.status_code in (400, 404)


def test_a_page_is_compressed_on_the_way(visitor: httpx.Client) -> None:
    answer = visitor.get("/?bytes=5000", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["padding"]) == 5000


def test_a_small_page_is_sent_as_it_is(visitor: httpx.Client) -> None:
    answer = visitor.get("/?bytes=10", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
