"""Every word of a note's source that is not markup stands in the rendered text."""

from __future__ import annotations

import re

import pytest
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from app.notes.markdown import render

# What Markdown and HTML give a meaning. Words are put between these in every order; none stands in an attribute.
MARKUP = [
    *("<", ">", "<path>", "</path>", "<b>", "</b>", "<S>", "<i>", "<kbd>", "</kbd>", "<p>", "</p>", "<a>", "</a>"),
    *("<set a>", "<!--", "-->", "<?php", "?>", "<![CDATA[", "]]>", "<!DOCTYPE", "<style>", "<script>", "<title>"),
    *("<textarea>", "<pre>", "</pre>", "<details>", "</details>", "<summary>", "</summary>", "<div>", "</div>", "<br>"),
    *("<table>", "</table>", "<tr>", "<td>", "</tr>", "<ul>", "</ul>", "<li>", "<input>", "<img>", "<math>", "<svg>"),
    *("*", "**", "_", "__", "~", "~~", "`", "``", "```", "~~~", "$", "$$", "\\", "&", "&lt;", "#", "# ", "> ", "- "),
    *(
        "1. ",
        "[",
        "]",
        "![",
        "](",
        "](<pre>",
        "](<path>",
        "]: <pre>",
        ")",
        "(",
        "[^",
        "]:",
        "[^1]",
        "[^1]: ",
        "[x]",
        "[x]: ",
        "[ ] ",
        "|",
        "|-|",
        "|-|-|",
    ),
    *("\n|-|\n", "\n|-|-|\n", "> [!NOTE]", "---", "===", "    ", "\t", ":", "@", "https://", "www.", ".", "，", "字"),
    *("\n", "\n\n", "\n\n\n", " ", " ", " ", '"', "'", "{", "}", "﷐"),
]
WORD = re.compile(r"w\d+q")


def texts() -> st.SearchStrategy[str]:
    pieces = st.lists(st.sampled_from(MARKUP), max_size=40)
    return pieces.map(lambda found: "".join(f"{piece}w{number}q" for number, piece in enumerate(found)))


def shown(html: str) -> str:
    """Return what a page shows of the text: its letters, and where its links lead to."""
    page = BeautifulSoup(html, "html.parser")
    values = [str(value) for tag in page.find_all(True) for value in tag.attrs.values()]
    return " ".join([page.get_text(), *values])


@given(texts())
@example("cp <path>w1q /backup then reboot")
@example("[^1]: see [^2]w1q\n\n[^2]: see [^1]w2q")
@example("[x]: w0q\n[x]: w1q\n\n[x]")
@example("`[x]`\n\n[x]: w0q")
@example("|a|\n|-|\n|b|w1q|w2q|")
@example("> | a |\n> |---|\n> | b | w1q | w2q")
def test_every_word_stands_in_the_rendered_text(text: str) -> None:
    assert set(WORD.findall(text)) - set(WORD.findall(shown(render(text)))) == set()


@pytest.mark.parametrize(
    "text",
    [
        "cp <path> /backup then reboot",
        "std::list<int> is slow",
        "between <min> and <max>",
        "ssh <user>@<host> -p <port>",
        "Type <Enter> then <Esc>",
        "<set a>",
        "List<S> of Map<K, V>",
        "a <input> and an <img> and a <td>",
        "<!-- later",
        "<!-- done -->",
        "<?php echo",
        "<style> p",
        "<script> x",
        "<title> y",
        "<![CDATA[ z",
        "if a <b and c> d",
        "<b>never closed",
        "closed only</b>",
        "<a>no address</a>",
        "<namespace:class>",
        "$HOME/$USER/bin",
        "[Later]: perhaps",
        "a](<pre> b",
        "a](<span data-math-style> b",
        "a](<path> b",
        "a]: <pre> b",
        "[^1]: said by nobody",
    ],
)
def test_what_is_no_tag_of_ours_is_text(text: str) -> None:
    page = BeautifulSoup(render(f"{text}\n\n**after**"), "html.parser")
    assert page.get_text().split("\n")[0] == text
    assert page.strong is not None
    assert page.strong.get_text() == "after"


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<b>x</b>", "<b>x</b>"),
        ("H<sub>2</sub>O", "H<sub>2</sub>O"),
        ("a<br>b", "a<br>b"),
        ('<a href="/notes/1">n</a>', '<a href="/notes/1" rel="noopener noreferrer nofollow">n</a>'),
        ("`<b>` \\<b> `\\~ ~`", '<code dir="auto">&lt;b&gt;</code> &lt;b&gt; <code dir="auto">\\~ ~</code>'),
    ],
)
def test_our_tags_work_and_code_stays_as_it_is(text: str, html: str) -> None:
    assert render(text) == f'<p dir="auto">{html}</p>\n'


def test_details_hold_markdown() -> None:
    assert render("<details><summary>more</summary>\n\n**inside**\n\n</details>\n") == (
        '<details><summary dir="auto">more</summary>\n<p dir="auto"><strong>inside</strong></p>\n</details>\n'
    )


def test_a_table_as_html_may_leave_its_cells_open() -> None:
    html = render("<table><tr><th>a<th>b<tr><td>1<td>2</table>")
    assert [cell.get_text() for cell in BeautifulSoup(html, "html.parser").select("tr:last-child td")] == ["1", "2"]


def test_cells_beyond_the_columns_of_a_table_stand_in_the_last_one() -> None:
    page = BeautifulSoup(render("| a | b |\n|---|---|\n| 1 | 2 | 3 \\| 4 | 5 |\n| 6 |"), "html.parser")
    assert [cell.get_text() for cell in page.select("td")] == ["1", "2 | 3 | 4 | 5", "6", ""]


def test_of_two_equal_definitions_the_second_is_text() -> None:
    page = BeautifulSoup(render("[a]\n\n[a]: /first\n[a]: /second"), "html.parser")
    assert {link["href"] for link in page.select("a")} == {"/first"}
    assert "a: /second" in page.get_text()
