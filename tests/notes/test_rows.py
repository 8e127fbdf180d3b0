"""The template of a list's rows escapes nothing: what it is given needs no escaping."""

from __future__ import annotations

from typing import Any, get_type_hints

import pytest
from bs4 import BeautifulSoup
from flask import Flask, render_template
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from app import create_app
from app.notes import rows, search
from app.notes.checklists import Checklist
from app.notes.dates import Calendar
from app.notes.drafts import Draft
from app.notes.highlights import pattern
from app.notes.list_rows import ListRow
from app.notes.queries import parse
from app.notes.service import Note
from benchmarks.tricks import rows_escaped_as_they_are_written
from config import from_environment

HOSTILE = """</a><script>alert("x")</script><b onclick='y'>&amp;"""
NEEDS_NO_ESCAPING = {Markup, int, bool, Checklist, list[rows.TagLink]}
NOW = Calendar(1_700_000_000_000_000, 0)
ROOT = f"/{HOSTILE}"


def row(title: str, body: str, tags: tuple[str, ...], status: str = "open") -> ListRow:
    draft = Draft(title, body, tags, status, NOW.today)
    return rows.list_row(Note(1, 2, 3, "archive", True, NOW.now, NOW.now, draft))


def render(app: Flask, row: ListRow, **more: Any) -> str:
    with app.test_request_context("/", environ_overrides={"SCRIPT_NAME": ROOT}):
        return render_template("notes/rows.html", notes=rows.row_views([row], NOW), **more)


@pytest.fixture(scope="module")
def plain() -> Flask:
    return create_app(from_environment({"APP_ENV": "testing"}))


@pytest.fixture(scope="module")
def careful() -> Flask:
    """An app whose rows are escaped as they are written, as all other pages are."""
    app = create_app(from_environment({"APP_ENV": "testing"}))
    with rows_escaped_as_they_are_written():
        render(app, row("", "", ()))  # compiles the template, which is kept
    return app


@pytest.mark.parametrize("kind", [rows.RowView, rows.TagLink])
def test_no_field_of_a_row_may_be_plain_text(kind: type) -> None:
    assert set(get_type_hints(kind).values()) <= NEEDS_NO_ESCAPING
    assert set(get_type_hints(Checklist).values()) == {int}


@pytest.mark.parametrize("status", ["none", "open", "done"])
def test_no_value_of_a_row_is_plain_text(status: str) -> None:
    written = row(HOSTILE, HOSTILE, (HOSTILE,), status)
    [view] = rows.row_views([written], NOW)
    [hit] = rows.hit_views([search.Hit(written, HOSTILE)], NOW, pattern(parse("alert", NOW.today).clauses))
    for each in (view, hit, *view.tags):
        assert str not in {type(getattr(each, name)) for name in get_type_hints(type(each))}
    assert "<mark>alert</mark>" in hit.text
    assert "<script" not in f"{hit.heading}{hit.text}{hit.name}"


@pytest.mark.parametrize("more", [{}, {"selecting": "all"}, {"places": "notes archive"}])
@pytest.mark.parametrize("written", [row(HOSTILE, HOSTILE, (HOSTILE,)), row("", f"{HOSTILE}\n{HOSTILE}", (HOSTILE,))])
def test_a_hostile_note_adds_no_element_to_a_list(plain: Flask, written: ListRow, more: dict[str, Any]) -> None:
    page = BeautifulSoup(render(plain, written, **more), "html.parser")
    assert not page.select("script, b, [onclick]")
    assert [element.text for element in page.select("a.title, p.text")] == [HOSTILE, HOSTILE]
    assert [tag.text for tag in page.select("a.tag")] == HOSTILE.split()


@given(st.text(), st.text(), st.lists(st.text(min_size=1)).map(tuple))
def test_a_list_is_the_same_when_its_rows_are_escaped(
    plain: Flask, careful: Flask, title: str, body: str, tags: tuple[str, ...]
) -> None:
    written = row(title, body, tags)
    assert render(plain, written) == render(careful, written)
