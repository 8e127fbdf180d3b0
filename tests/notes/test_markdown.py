"""Markdown becomes HTML that can do no harm."""

import re

import pytest

from app.notes.drafts import BODY_BYTES
from app.notes.markdown import render


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt&#58;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "<a href='vbscript:x'>x</a>",
        "<iframe src='https://example.org'></iframe>",
        "<svg><script>alert(1)</script></svg>",
        "<style>body{display:none}</style>",
        "<p style='position:fixed' class='modal' id='main'>x</p>",
        "<form action='/sign-out' method='post'><button>x</button></form>",
        "<input type='password' name='password' autofocus onfocus=alert(1)>",
        "<base href='https://example.org'>",
        "<meta http-equiv='refresh' content='0;url=https://example.org'>",
        "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
        "```<script>\nx\n```",
    ],
)
def test_hostile_markup_loses_its_teeth(hostile: str) -> None:
    html = render(hostile)
    assert not re.search(r"<(script|style|iframe|svg|math|form|button|base|meta)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style|class|id|name)\s*=", html)
    assert not re.search(r"""<[^>]*\b(href|src)\s*=\s*["']?\s*(javascript|data|vbscript)""", html, re.IGNORECASE)


def test_links_open_apart_and_tell_the_other_side_nothing() -> None:
    link = render("[home](https://example.org)")
    assert 'target="_blank"' in link
    assert 'rel="noopener noreferrer nofollow"' in link


def test_tables_task_lists_and_code_blocks_work() -> None:
    html = render("| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n- [ ] open\n\n```\n<code>\n```\n")
    assert "<td>1</td>" in html
    boxes = re.findall("<input [^>]*>", html)
    assert ["checked" in box for box in boxes] == [True, False]
    assert all("disabled" in box and 'type="checkbox"' in box for box in boxes)
    assert "&lt;code&gt;" in html


def test_a_line_break_stays_a_line_break() -> None:
    assert "<br" in render("one\ntwo")


@pytest.mark.parametrize(
    "deep",
    [
        "[" * 100_000,
        "> " * 131_072,
        "<div>" * 50_000,
        "<div></b>" * 29_000,
        "*a **b " * 37_000,
        "- " * 131_072,
        f"{'|a' * 60_000}\n{'|-' * 60_000}",
    ],
)
def test_hostile_nesting_is_answered_and_loses_no_text(deep: str) -> None:
    assert len(render(deep[:BODY_BYTES])) > 0


def test_a_picture_from_elsewhere_is_a_link_because_no_page_would_load_it() -> None:
    html = render(
        "![the *view*](https://example.org/a.png?b&c) ![](https://example.org/d.png) ![ours](/static/favicon.svg)"
    )
    assert re.findall(r'href="([^"]+)"[^>]*>([^<]*)<', html) == [
        ("https://example.org/a.png?b&amp;c", "the view"),
        ("https://example.org/d.png", "https://example.org/d.png"),
    ]
    assert re.findall("<img [^>]+>", html) == ['<img src="/static/favicon.svg" alt="ours" loading="lazy">']
