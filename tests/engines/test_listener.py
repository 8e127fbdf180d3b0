"""A fault of a page is noticed in every engine: each kind of it is planted."""

from __future__ import annotations

import pytest

from devtools.engines.window import Window
from engines.conftest import Site

ADD_SCRIPT = "() => document.head.append(Object.assign(document.createElement('script'), {{ src: '/listener.js?{}' }}))"
ADD_PICTURE = "() => document.body.append(Object.assign(document.createElement('img'), { src: '/static/none.png' }))"
PLANTED = {
    "error on /notes": ADD_SCRIPT.format("error"),
    'error on /notes: <img src="/static/none.png"> did not load': ADD_PICTURE,
    "rejection on /notes: planted": ADD_SCRIPT.format("rejection"),
    "console.error on /notes: planted": "() => console.error('planted')",
    "policy on /notes: img-src": "() => { new Image().src = 'http://127.0.0.1:1/'; }",
    "policy on /notes: style-src": "() => document.body.setAttribute('style', 'color: red')",
}


@pytest.mark.parametrize("heard", PLANTED)
def test_an_error_in_a_page_is_found(window: Window, site: Site, heard: str) -> None:
    window.evaluate(PLANTED[heard])
    window.wait(lambda: heard in site.complaints.read_text(), heard)
    site.complaints.write_text("")
