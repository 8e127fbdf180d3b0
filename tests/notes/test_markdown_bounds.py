"""A rendering has a bound on work and memory: half a second of processor and 150 MB, for any text of 256 KiB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.notes.markdown import bounds, render
from notes.measuring import MEGABYTES, SECONDS, Renderer, filled, renderer

QUOTES = f"{'>' * (bounds.QUOTES - 1)}\n"
# Found by hand and by fuzz_rendering.py: what took longest or most, or ended the process, in this or an earlier form.
SLOW = [
    *("a@b.c ", "# a\n", "<b><p>", "<p><b><i><u><s>", "<div", "<div>", "<div></b>", "<table>x<b></b>", "<table><td>"),
    *(
        "![a](http://b)",
        "<div![a](http://b)\n",
        "[![a](http://b)](http://c)",
        "```python\nx=1\n```\n",
        "$\\frac{a}{b}$ ",
    ),
    *(
        "http://a.b<input><S>[a]: b\n[a]\n\n",
        "<h1>a</h1>\n",
        "[a]: b\n[a]\n\n",
        "[^a] [^a]: x\n",
        "[^1]: a\n\n",
        "`<b>`",
        "<kbd>",
        "x<sub>2</sub>",
        '"',
        "<",
    ),
    *(
        "*a **b ",
        ">",
        QUOTES,
        f"[a]: b\n[a]\n\n{QUOTES}",
        "> ",
        "- ",
        "[",
        "![^a]",
        "<https://a>",
        "www.a.b ",
        "http://a.b/))))",
        "\\<",
        "a\n",
        "***\n",
        "</b>",
    ),
    *(
        "|a",
        "|a|b\n|-|-\n|c|d\n\n",
        "a\n<tr>\n|-|\n_|a|b\n|-|-\n|c|d\n\n# a\n",
        "|\n",
        "<b a=\"x\" c='d' e>",
        "<b a b c d e f g ",
        "**字",
        "$x$ ",
        "﷐﷑",
        "[x]:",
        "<details>\n\n",
    ),
]
TABLE = "|a|" + "|" * 490 + "\n|" + "-|" * 491 + "\n"


@pytest.fixture(scope="module")
def rendering() -> Iterator[Renderer]:
    with renderer() as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("piece", SLOW)
def test_no_text_takes_more_than_its_bound(rendering: Renderer, piece: str) -> None:
    taken = rendering.take(filled([piece]))
    assert taken.seconds <= SECONDS
    assert taken.megabytes <= MEGABYTES


@pytest.mark.parametrize(
    "text",
    ["&" * 25 + "x", "&" * 20_000 + "x", ")" * 7_000, ")" * 100_000, "?" * 100_000 + "x", ")." * 50_000],
    ids=["few ampersands", "ampersands", "some brackets", "brackets", "question marks", "brackets and dots"],
)
def test_no_address_takes_more_than_its_bound(rendering: Renderer, text: str) -> None:
    assert rendering.take(f"http://a.b/{text}").seconds <= SECONDS


@pytest.mark.slow
@pytest.mark.parametrize(
    "text", [TABLE + "|x\n" * 80_000, TABLE + "\n" + TABLE * 200, f"{'|a' * 60_000}\n{'|-' * 60_000}"]
)
def test_no_table_takes_more_than_its_bound(rendering: Renderer, text: str) -> None:
    taken = rendering.take(text[: 256 * 1024])
    assert taken.seconds <= SECONDS
    assert taken.megabytes <= MEGABYTES


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x <b>\n" * 50_000, "too many letters"),
        ("*a* " * (bounds.TAGS // 2 + 1), "too many marks"),
        ("> " * (bounds.DEPTH + 1), "too many elements in each other"),
        (">" * bounds.QUOTES, "too many elements in each other"),
        (f"{'|a' * 501}|\n{'|-' * 501}|", "tables too large"),
        ("".join(map(chr, range(0xFDD0, 0xFDF0))), "too many unusual signs"),
    ],
)
def test_what_is_too_much_is_shown_as_it_was_written_and_says_so(text: str, reason: str) -> None:
    html = render(text)
    assert html.startswith(f'<p class="notice">This text has {reason} to be laid out')
    assert html.endswith(f"{text.replace('<', '&lt;').replace('>', '&gt;')}</pre>")


def test_a_large_but_ordinary_text_is_laid_out() -> None:
    paragraph = (
        "Some *words* with a [link](https://a.example/), `code` and **more** of it.\n\n- [x] item one\n- item two\n\n"
    )
    assert "<em>" in render(paragraph * (256 * 1024 // len(paragraph)))
