"""Headers as people and programs write them: none refuses its file, and what is not understood stays in the text."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.notes.transfer import markdown_file
from app.notes.transfer.markdown_file import Parsed, with_rest


def read(header: str) -> Parsed:
    return markdown_file.read(f"---\n{header}\n---\ntext")


@pytest.mark.parametrize(
    ("header", "title"),
    [
        ("title: Plan: phase two", "Plan: phase two"),
        ("title: @home", "@home"),
        ("title: [WIP] x", "[WIP] x"),
        ("title: [draft]", "[draft]"),
        ("title: Ticket #42", "Ticket #42"),
        ("title: {{title}}", "{{title}}"),
        ("title: <% tp.file.title %>", "<% tp.file.title %>"),
        ("title: *bold* words", "*bold* words"),
        ("title: &amp; more", "&amp; more"),
        ("title: 100%", "100%"),
        ("title: `code`", "`code`"),
        ("title: - dash", "- dash"),
        ('title: "quoted: with #"', "quoted: with #"),
        ("title: 'it''s'", "it's"),
        ('title: "never closed', '"never closed'),
        ("title: |\n  in a block", "in a block"),
        ("title: >-\n  folded\n  twice", "folded twice"),
        ("title:\ttab", "tab"),
        ("\ttitle: indented", "indented"),
        ("Title: capital", "capital"),
        ("TITLE: capitals", "capitals"),
        ('"title": quoted name', "quoted name"),
        ("# a comment\ntitle: after it", "after it"),
        ("title: [a", "[a"),
    ],
)
def test_a_title_is_what_a_person_reads_there(header: str, title: str) -> None:
    assert read(header).draft.title.strip() == title


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ("tags: #one #two", ("one", "two")),
        ("tags: '#one, #two'", ("one", "two")),
        ("tags: one, two words", ("one", "two-words")),
        ("tags:\n- #one\n- two", ("one", "two")),
        ("tags:\n\t- one\n\t- two", ("one", "two")),
        ("tags:\n  - '@one'\n  - \"two\"", ("@one", "two")),
        ("tags: [@one, two]", ("@one", "two")),
        ("tags: ['one', \"two\", #three]", ("one", "two", "three")),
        ("tags: [\n  one,\n  two\n]", ("one", "two")),
        ("tags: [[one]]", ("one",)),
        ('tags:\n- "[[one]]"\n- "[[two]]"', ("one", "two")),
        ("Tags: one\ntag: two", ("one", "two")),
        ("keywords: one, two", ("one", "two")),
        ("tags: []\naliases:", ()),
    ],
)
def test_tags_are_read_in_every_form(header: str, tags: tuple[str, ...]) -> None:
    parsed = read(header)
    assert (parsed.draft.tags, parsed.rest) == (tags, [])


@pytest.mark.parametrize(
    "header",
    [
        "tags: [" + ", ".join(f"t{n}" for n in range(21)) + "]",
        "tags: [" + ",".join(f"t{n}" for n in range(10_000)) + "]",
        f"tags: [fits, {'x' * 41}]",
        "tags: {a: b}",
        "tags: &a [x, *a]",
        "tags:\n- a: b\n  c: d",
        "title: first\ntitle: second",
        "a: b\n- c",
        "a: " + "[" * 8000,
        "a: " + "{" * 8000,
        "a: &x [y]\nb: *x",
        "a: b\n<% tp.date.now() %>",
        "a: !!python/object/apply:os.system [ls]",
        "a: b\nno name here",
        "due: soon",
        "created: 2021-13-45",
        "status: someday",
        "pinned: perhaps",
        "exported_note: {id: 1}",
        "exported_note: x",
        "a: ```\n\n  ```yaml",
    ],
)
def test_what_is_not_understood_stays_as_it_was_written(header: str) -> None:
    parsed = read(header)
    last = header.rsplit("\n", maxsplit=1)[-1]
    body = with_rest(parsed, "")
    assert body.startswith("text\n\n```")
    assert body.endswith("`\n")
    assert last in body
    assert any("at the end of the text" in remark.sentence for remark in parsed.remarks)


def test_of_a_name_that_stands_twice_the_first_is_taken() -> None:
    parsed = read("title: first\ntitle: second\nother: kept")
    assert (parsed.draft.title, [entry.raw for entry in parsed.rest]) == ("first", ["title: second\n", "other: kept\n"])


def test_tags_that_find_no_room_are_named_and_the_others_are_there() -> None:
    parsed = read("tags: [" + ", ".join(f"t{n}" for n in range(25)) + "]")
    assert len(parsed.draft.tags) == 20
    assert [remark.detail for remark in parsed.remarks] == ["t20, t21, t22, t23, t24"]


@pytest.mark.parametrize(
    ("header", "status", "due"),
    [
        ("completed?: yes", "done", None),
        ("completed?: no\ndue: 2021-08-22 00:00:00Z", "open", date(2021, 8, 22)),
        ("Done: true", "done", None),
        ("status: Open", "open", None),
        ("status: open # for now", "open", None),
        ("due: '[[2021-06-21]]'", "none", date(2021, 6, 21)),
    ],
)
def test_a_task_of_another_program_is_one(header: str, status: str, due: date | None) -> None:
    parsed = read(header)
    assert (parsed.draft.status, parsed.draft.due_on, parsed.rest) == (status, due, [])


TOML = """+++
title = "Plan: phase two"
date = 2021-06-21T10:00:00Z
tags = ["one", "two"]
draft = false
weight = 3
[extra]
title = "not this"
+++
text"""


def test_a_header_in_toml_is_read() -> None:
    parsed = markdown_file.read(TOML)
    assert (parsed.draft.title, parsed.draft.tags) == ("Plan: phase two", ("one", "two"))
    assert parsed.created_at == 1_624_269_600_000_000
    assert with_rest(parsed, "") == 'text\n\n```toml\ndraft = false\nweight = 3\n[extra]\ntitle = "not this"\n```\n'


def test_a_header_in_toml_that_is_broken_loses_nothing() -> None:
    parsed = markdown_file.read('+++\ntitle = no quotes\ntags = ["one", two]\n+++\ntext')
    assert parsed.draft.title == "no quotes"
    assert parsed.draft.tags == ("one", "two")


@pytest.mark.parametrize("text", ["Dear John: hello\nhow are you?", "A rule, then prose: [x", "one two: x\n\nthree"])
def test_prose_between_two_rules_is_no_header(text: str) -> None:
    assert read(text).draft.body == f"---\n{text}\n---\ntext"


WORDS = st.lists(st.text(st.sampled_from("abcxyz"), min_size=3, max_size=8), min_size=1, max_size=5)
SIGNS = st.text(st.sampled_from(" \t:-#[]{}&*!|>'\"%@`,?\\"), max_size=4)


@st.composite
def headers(draw: st.DrawFn) -> tuple[str, list[str]]:
    """Draw a header of names that we know and do not, with any signs between words; and the words."""
    names = st.sampled_from(["title", "tags", "created", "due", "other", "status", "- x", "  deep", "title", "[t]"])
    lines, words = [], []
    for _ in range(draw(st.integers(1, 6))):
        said = draw(WORDS)
        words += said
        lines.append(draw(names) + draw(st.sampled_from([":", ": ", ":\n  - ", " = "])) + draw(SIGNS).join(said))
    return "\n".join(lines), words


@given(headers())
@example(("title: [abc\n]xyz", ["abc", "xyz"]))
def test_no_word_of_a_header_is_lost(header: tuple[str, list[str]]) -> None:
    text, words = header
    parsed = markdown_file.read(f"---\n{text}\n---\nbody")
    kept = " ".join([parsed.draft.title, *parsed.draft.tags, with_rest(parsed, "")])
    assert [word for word in words if word not in kept] == []
