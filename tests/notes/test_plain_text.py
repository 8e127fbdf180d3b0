"""Two lines of a text in a list are words, without the marks of Markdown."""

from datetime import date

import pytest
from pace import processor_seconds

from app.notes.drafts import BODY_BYTES, excerpt
from app.notes.highlights import passage, pattern
from app.notes.plain_text import plain_text
from app.notes.queries import parse


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ('a [link](https://a.example/b "title") on', "a link on"),
        ("a ![picture](a.png) on", "a picture on"),
        ("[![b](https://a.example/b.svg)](https://a.example/)", "b"),
        ("[text][ref] and <https://a.example>", "text and https://a.example"),
        ("see [[Hut]], [[Way up|the way]] and a[[1]", "see Hut, the way and a[[1]"),
        ("*it* **bold** ***both*** _so_ __and__ ~~gone~~ `code`", "it bold both so and gone code"),
        ("**注意：**正文", "注意：正文"),
        ("# Title\n> quote\n- [x] done\n1. one", "Title\nquote\ndone\n1. one"),
        ("> [!NOTE]\n> body", "\nbody"),
        ("> - # x", "x"),
        ("|a|b|\n|---|---|", "|a|b|\n"),
        ("2 * 3 * 4, snake_case_name, a_b, 9~17, [x] and f(x)", None),
        ("*not closed, [not](closed", None),
        ("<path> & #tag", None),
    ],
)
def test_marks_go_and_words_stay(text: str, plain: str | None) -> None:
    assert plain_text(text) == (text if plain is None else plain)


def test_an_excerpt_is_plain() -> None:
    assert excerpt("## See [the *plan*](https://a.example)\n\nand ![it](x.png)") == "See the plan\n\nand it"


def test_a_passage_is_plain_and_marked() -> None:
    shown = passage(
        "see [the garden](https://a.example/garden) *now*", pattern(parse("garden", date(2031, 7, 4)).clauses)
    )
    assert shown == "see the <mark>garden</mark> now"


@pytest.mark.parametrize("piece", ["*a", "[", "[a](", "_a ", "**a", "~~a", "<https:", "![", "[[a", "[[a|", "> ", "- "])
def test_an_excerpt_takes_little_work(piece: str) -> None:
    text = piece * (BODY_BYTES // len(piece))
    assert processor_seconds(lambda: excerpt(text), 0.1) <= 0.1
