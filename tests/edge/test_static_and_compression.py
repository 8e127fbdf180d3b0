"""Static files come from nginx's own disk, compressed beforehand and cached for as long as their name allows."""

from __future__ import annotations

import httpx
import pytest
import rcssmin

from devtools.nginx import Nginx
from devtools.processes import ROOT

FOREVER = "public, max-age=31536000, immutable"


def test_a_stylesheet_is_sent_from_its_precompressed_twin(
    visitor: httpx.Client, nginx: Nginx, stylesheet: str, address: str
) -> None:
    answer = visitor.get(stylesheet, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    # Compressed on the way it would come without its length.
    assert int(answer.headers["Content-Length"]) < len(answer.content)
    assert answer.text == rcssmin.cssmin((ROOT / "app" / "static" / "notes.css").read_text())
    assert nginx.log_of(address)[0]["upstream"] == ""


def test_a_client_without_gzip_gets_the_file_itself(visitor: httpx.Client, stylesheet: str) -> None:
    answer = visitor.get(stylesheet, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in answer.headers
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/css"


def test_a_fingerprinted_file_is_kept_for_ever(visitor: httpx.Client, stylesheet: str) -> None:
    assert visitor.get(stylesheet).headers.get_list("Cache-Control") == [FOREVER]


def test_an_unchanged_file_is_not_sent_again(visitor: httpx.Client, stylesheet: str) -> None:
    tag = visitor.get(stylesheet).headers["ETag"]
    answer = visitor.get(stylesheet, headers={"If-None-Match": tag})
    assert answer.status_code == 304
    assert answer.headers.get_list("Cache-Control") == [FOREVER]


@pytest.mark.parametrize("query", ["?v=000000000000", "", "?v=..", "?v=1", "?v=../../log"])
def test_another_releases_file_is_left_to_the_app(visitor: httpx.Client, query: str) -> None:
    answer = visitor.get("/static/notes.css" + query)
    assert answer.json()["path"] == "/static/notes.css"
    assert "Cache-Control" not in answer.headers


@pytest.mark.parametrize("path", ["/static/../../log/access.log", "/static/..%2f..%2flog/access.log", "/static/%00"])
def test_no_path_leads_out_of_the_static_files(visitor: httpx.Client, path: str) -> None:
    answer = visitor.get("/", extensions={"target": path.encode()})
    assert '"request_id":' not in answer.text


def test_a_page_is_compressed_on_the_way(visitor: httpx.Client) -> None:
    answer = visitor.get("/?bytes=5000", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["padding"]) == 5000


def test_a_small_page_is_sent_as_it_is(visitor: httpx.Client) -> None:
    answer = visitor.get("/?bytes=10", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
