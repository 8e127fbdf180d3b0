"""Where the links, pictures and headings of a note lead."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag

from app.notes.markdown import render
from app.notes.markdown.links import LONGEST_LINKED

SITE = "https://notes.example/"


def page(text: str) -> BeautifulSoup:
    return BeautifulSoup(render(text, SITE), "html.parser")


def links(text: str) -> list[tuple[str, str]]:
    return [(link.get_text(), str(link["href"])) for link in page(text).select("a")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("看https://a.example/x，然后", [("https://a.example/x", "https://a.example/x")]),
        ("「https://a.example」を見る", [("https://a.example", "https://a.example")]),
        ("https://a.example에서 보기", [("https://a.example", "https://a.example")]),
        ("ดูhttps://a.exampleนะ", [("https://a.example", "https://a.example")]),
        ("“https://a.example/x”", [("https://a.example/x", "https://a.example/x")]),
        ("a@b.example和c@d.example", [("a@b.example", "mailto:a@b.example"), ("c@d.example", "mailto:c@d.example")]),
        ("www.a.example。", [("www.a.example", "http://www.a.example")]),
        ("https://a.example和https://b.example", [(f"https://{x}.example", f"https://{x}.example") for x in "ab"]),
        ("(https://a.example/b_(c)).", [("https://a.example/b_(c)", "https://a.example/b_(c)")]),
        ("https://a.example/~u/__init__.py?a=1&b=2*3*", [("https://a.example/~u/__init__.py?a=1&b=2*3",) * 2]),
        ("https://a.example/~x and ~y", [("https://a.example/~x", "https://a.example/~x")]),
        ("<https://a.example/路径>", [("https://a.example/路径", "https://a.example/%E8%B7%AF%E5%BE%84")]),
        ("[路](https://a.example/路径)", [("路", "https://a.example/%E8%B7%AF%E5%BE%84")]),
        ("[](https://a.example/)", [("https://a.example/", "https://a.example/")]),
        ("`https://a.example/`", []),
    ],
)
def test_an_address_ends_where_people_mean_it_to_end(text: str, expected: list[tuple[str, str]]) -> None:
    assert links(text) == expected


@pytest.mark.parametrize("href", ["#part", "/notes/12", f"{SITE}notes/12", "other.md", "mailto:a@b.example"])
def test_links_within_this_site_stay_in_their_window(href: str) -> None:
    assert "target" not in render(f"[x]({href})", SITE)


@pytest.mark.parametrize("href", ["https://a.example/", "//a.example/", "http://notes.example.org/"])
def test_links_to_elsewhere_open_apart(href: str) -> None:
    assert 'target="_blank"' in render(f"[x]({href})", SITE)


def test_headings_can_be_jumped_to() -> None:
    found = page("[two](#two--three)\n\n# One\n## Two & *three*\n# One\n## 章 一\n## main\n\n[章](#章-一)")
    ids = [str(heading["id"]) for heading in found.select("h1, h2")]
    assert ids == ["text-one", "text-two--three", "text-one-1", "text-章-一", "text-main"]
    assert [link["href"] for link in found.select("a")] == ["#text-two--three", "#text-%E7%AB%A0-%E4%B8%80"]


@pytest.mark.parametrize(
    "address",
    ["obsidian://open?vault=a&file=b", "file:///home/x", "javascript:alert(1)", "ftp://a.example/", "zotero://select"],
)
def test_a_link_that_no_page_may_follow_shows_its_address(address: str) -> None:
    for text in (f"[name]({address})", f'<a href="{address}">name</a>'):
        assert page(text).get_text().strip() == f"name ({address})"
        assert page(text).a is None


@pytest.mark.parametrize(
    ("text", "shows"),
    [
        ("![view](//h.example/a.png)", [("view", "//h.example/a.png")]),
        ('<img src="https://h.example/a.png" alt="view">', [("view", "https://h.example/a.png")]),
        ("<img src=https://h.example/a.png>", [("https://h.example/a.png",) * 2]),
        ("[![b](https://h.example/b.svg)](https://a.example/)",
         [("b", "https://a.example/"), ("picture", "https://h.example/b.svg")]),
        ("![b][1]\n\n[1]: https://h.example/b.svg", [("b", "https://h.example/b.svg")]),
    ],
)  # fmt: skip
def test_a_picture_from_elsewhere_is_a_link(text: str, shows: list[tuple[str, str]]) -> None:
    assert page(text).img is None
    assert links(text) == shows


@pytest.mark.parametrize("address", ["a.png", "../a.png", "file:///a.png", "data:image/png;base64,AAAA"])
def test_a_picture_that_would_stay_broken_is_said_in_words(address: str) -> None:
    assert page(f"![view]({address})").img is None
    assert page(f"![view]({address})").get_text().strip() == f"view ({address})"


def test_our_own_pictures_are_shown() -> None:
    assert [image["src"] for image in page(f"![a](/files/1) ![b]({SITE}files/2)").select("img")] == [
        "/files/1",
        f"{SITE}files/2",
    ]


def test_footnotes_lead_to_their_text_and_back() -> None:
    found = page("one[^1] two[^n]\n\n[^1]: First.\n[^n]: Second.")
    for reference in found.select("sup a"):
        note = found.find(id=str(reference["href"])[1:])
        assert isinstance(note, Tag)
        back = note.find("a")
        assert isinstance(back, Tag)
        assert back["href"] == f"#{reference['id']}"
    assert [note.get_text().split()[0] for note in found.select("section li")] == ["First.", "Second."]


def test_no_heading_or_footnote_takes_the_id_of_something_on_the_page() -> None:
    html = page('# main\n<h2 id="body">x</h2>\n<p id="note">y</p>\n\nx[^1]\n\n[^1]: y')
    assert all(str(tag["id"]).startswith("text-") for tag in html.find_all(id=True))


def test_an_address_that_no_server_takes_stays_a_text() -> None:
    text = f"see http://a.example/{'c' * LONGEST_LINKED} and http://b.example"
    assert links(text) == [("http://b.example", "http://b.example")]
    assert page(text).get_text().strip() == text
