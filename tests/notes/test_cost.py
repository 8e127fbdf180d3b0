"""What a page costs, counted on every database: statements, rows read, and the index that the plan names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask, url_for
from flask.testing import FlaskClient
from on_databases import EVERY_DATABASE
from statements import heard

from app import create_app, db
from app.accounts import sessions
from app.db.metadata import sqlalchemy
from app.notes import changes, filters, note_links, note_lists, search, service, tag_names, wikilinks
from app.notes.changes import Position
from app.notes.drafts import Draft
from app.notes.note_lists import Cursor, Page
from app.web import access
from benchmarks import data
from config import from_environment
from devtools.databases import as_root

OWNER = data.BIG_OWNER
DEEP = 100  # pages

LISTS: dict[str, Callable[[Cursor | None], Page]] = {
    "uq_note_list": lambda cursor: note_lists.in_place(OWNER, "notes", cursor),
    "uq_note_tasks": lambda cursor: note_lists.tasks(OWNER, cursor),
    "PRIMARY of note_tag": lambda cursor: note_lists.tagged(OWNER, data.TAGS[0], cursor),
    "PRIMARY of note": lambda cursor: note_lists.BY_ID.page(cursor, owner=OWNER),
    "ix_note_created": lambda cursor: note_lists.CREATED.page(cursor, owner=OWNER, place="notes"),
    "ix_note_title": lambda cursor: note_lists.BY_TITLE.page(cursor, owner=OWNER, place="notes"),
    "uq_note_tasks of the open": lambda cursor: filters.open_tasks(OWNER, cursor),
    "ix_note_status of two": lambda cursor: note_lists.NOT_DONE.page(cursor, owner=OWNER, place="notes"),
    "uq_note_tasks of two": lambda cursor: note_lists.DUE_NOT_DONE.page(cursor, owner=OWNER, place="notes"),
    "uq_note_tasks of three": lambda cursor: note_lists.DUE.page(cursor, owner=OWNER, place="notes"),
}
QUERIES = {
    "rare": data.RARE,
    "medium": " ".join(data.MEDIUM),
    "third": data.THIRD,
    "without": f"-{data.THIRD}",
    "prefix": f"{data.THIRD[:3]}* ",
    "half of a rare word": data.RARE[:5],
    "half of a frequent word": data.THIRD[:4],
    "one of two": f"{data.RARE} OR {data.THIRD} ",
    "phrase that ends in half a word": f'"{data.MEDIUM[0]} {data.MEDIUM[1][:4]}',
    "date": "due:2026",
    "tag": f"tag:{data.TAGS[0]}",
}
# A page and the row that tells of the next, each of them tried in the index, read, by tag found once more in note,
# looked up among the checklists, and on MariaDB asked for the changes of tags.
ROWS_OF_A_PAGE = 5 * (note_lists.PAGE + 1)
# Two hundred hits are fetched, numbered and sorted through temporary tables, and a page of them joined.
ROWS_OF_A_SEARCH = 9 * search.HITS

# Of a list made of several, a page of each is read, and on MariaDB read again to its end from a temporary table.
LISTS_IN_ONE = {"two": 2, "three": 3}
ROWS_OF_A_PAGE_IN_ONE = ROWS_OF_A_PAGE + note_lists.PAGE + 2
STEPS_OF_SQLITE = ("SEARCH", "SCALAR SUBQUERY", "CORRELATED SCALAR SUBQUERY")
STEPS_IN_ONE = (*STEPS_OF_SQLITE, "COMPOUND QUERY", "LEFT-MOST SUBQUERY", "UNION ALL", "CO-ROUTINE part", "SCAN part")

every_list = pytest.mark.parametrize("index", LISTS)
every_query = pytest.mark.parametrize("typed", QUERIES.values(), ids=list(QUERIES))


@pytest.fixture(scope="module", params=EVERY_DATABASE)
def filled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database with three people's 3,000 notes, 2,400 of them the owner's."""
    url = f"sqlite:///{tmp_path_factory.mktemp('cost') / 'notes.db'}"
    if request.param != "sqlite":
        server = as_root(request.getfixturevalue("server_url")(request.param)).removesuffix("/notes")
        data.run(server, "DROP DATABASE IF EXISTS cost", "CREATE DATABASE cost CHARACTER SET utf8mb4")
        url = f"{server}/cost"
    data.make(url, data.Pile(3_000, 3, 2_400))
    return url


@pytest.fixture
def served(filled: str, tmp_path: Path) -> Iterator[Flask]:
    environ = {"APP_ENV": "testing", "SECRET_KEY": "0123456789abcdef" * 4, "DATABASE_URL": filled}
    served = create_app(from_environment(environ | {"FILES_FOLDER": str(tmp_path / "files")}))
    yield served
    with served.app_context():
        sqlalchemy.engine.dispose()


@pytest.fixture
def sqlite(served: Flask) -> Iterator[bool]:
    """Whether the database is SQLite; the test runs inside the app."""
    with served.app_context():
        yield db.dialect() == "sqlite"


@pytest.fixture
def owner_signed_in(served: Flask) -> FlaskClient:
    with served.app_context():
        token = sessions.start(OWNER, "")
    browser = served.test_client()
    with browser.session_transaction() as session:
        session["token"] = token
    return browser


def places(read: Callable[[Cursor | None], Page]) -> list[Cursor | None]:
    """Return the cursors of a hundred pages down a list, of its first page, and of the way back up."""
    found: list[Cursor | None] = [None]
    page = read(None)
    while page.older and len(found) < 2 * DEEP:
        page, down = read(page.older), page.older
        found += [down, page.newer]
    return found


def rows_read(sqlite: bool, read: Callable[[], Any]) -> int:
    """Return how many rows the database touched: counted by the server; on SQLite, its steps at 25 a row."""
    return _steps(read) // 25 if sqlite else _handler_reads(read)


def _steps(read: Callable[[], Any]) -> int:
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    raw: Any = db.connection().connection.driver_connection
    raw.set_progress_handler(count, 1)
    read()
    raw.set_progress_handler(None, 1)
    return steps


def _handler_reads(read: Callable[[], Any]) -> int:
    def total() -> int:
        # What a condition pushed down into the index turns away is not among the rows read.
        wanted = "Variable_name LIKE 'Handler_read%%' OR Variable_name = 'Handler_icp_attempts'"
        status = db.connection().exec_driver_sql(f"SHOW SESSION STATUS WHERE {wanted}")
        return sum(int(row[1]) for row in status)

    before = total()
    read()
    return total() - before


def statements(read: Callable[[], Any]) -> list[tuple[str, Any]]:
    """Return the statements that `read` sends, with their parameters."""
    with heard() as sent:
        read()
    return sent


def plan(sqlite: bool, read: Callable[[], Any]) -> list[Any]:
    [(statement, parameters)] = statements(read)
    explain = "EXPLAIN QUERY PLAN" if sqlite else "EXPLAIN FORMAT=TRADITIONAL"
    return list(db.connection().exec_driver_sql(f"{explain} {statement}", parameters).all())


@every_list
def test_a_page_of_a_list_reads_its_own_rows_at_any_depth_and_in_both_directions(sqlite: bool, index: str) -> None:
    read = LISTS[index]
    visited = places(read)
    assert len(visited) > 5
    lists = LISTS_IN_ONE.get(index.rsplit(maxsplit=1)[-1])
    most = lists * ROWS_OF_A_PAGE_IN_ONE if lists else ROWS_OF_A_PAGE
    assert max(rows_read(sqlite, partial(read, place)) for place in visited) <= most


@every_list
def test_a_page_of_a_list_comes_from_one_index_in_its_order(sqlite: bool, index: str) -> None:
    read = LISTS[index]
    for place in places(read)[:3]:
        rows = plan(sqlite, partial(read, place))
        if sqlite:
            steps = STEPS_IN_ONE if index.rsplit(maxsplit=1)[-1] in LISTS_IN_ONE else STEPS_OF_SQLITE
            assert all(row.detail.startswith(steps) for row in rows), rows
        else:
            assert {row.key for row in rows if row.table in {"note", "note_tag"}} == {index.split(maxsplit=1)[0]}
            extras = [row.Extra or "" for row in rows]
            assert not any("filesort" in extra or "temporary" in extra for extra in extras), rows


def pages_of_the_site(app: Flask, browser: FlaskClient) -> Iterator[str]:
    """Yield an address of every page for which one must be signed in."""
    found = re.findall(r'href="/notes/(\d+)"', browser.get("/notes").text)
    form = BeautifulSoup(browser.get(f"/notes/{found[0]}/edit").text, "html.parser")
    fields = {field["name"]: field.get("value", "") for field in form.find_all("input") if field.get("name")}
    browser.post(f"/notes/{found[0]}", data=fields | {"body": "changed, so that there is a version to compare with"})
    headers = {"X-CSRFToken": fields["csrf_token"]}
    sent = browser.post("/files?name=a.txt", data=b"a file", headers=headers, content_type="text/plain").json
    assert sent
    known = {"note_id": found[0], "version": 1, "tag": data.TAGS[0], "file_id": sent["id"], "name": "a.txt"}
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if "GET" in (rule.methods or ()) and access.find_access(app, rule.endpoint) is access.Access.SIGNED_IN:
                yield url_for(rule.endpoint, **{name: known[name] for name in rule.arguments})
    yield f"/search?q={data.THIRD}"


# Tokens, sessions, whether the address is verified, a deletion that is asked for, and the tags of the column; factors,
# recovery codes and the tags; files, the notes that mention each, and the tags. People seldom go there, and none of it
# grows with the notes.
MORE_STATEMENTS = {"/account": 5, "/account/factors": 3, "/files": 3, "/files/delete/": 3}


def test_no_page_takes_more_than_two_statements_after_the_session(served: Flask, owner_signed_in: FlaskClient) -> None:
    addresses = list(pages_of_the_site(served, owner_signed_in))
    assert len(addresses) > 10
    for address in addresses:
        assert owner_signed_in.get(address).status_code == 200, address
        session, *others = [statement for statement, _ in statements(partial(owner_signed_in.get, address))]
        assert "account_session" in session
        assert len(others) <= MORE_STATEMENTS.get(address.rstrip("0123456789"), 2), (address, others)


@pytest.fixture
def linked(sqlite: bool) -> service.Note:
    """A note that links to a hundred titles, half of which no note has; a hundred and one notes link to it."""
    titles = [row.title for row in note_lists.BY_TITLE.page(None, 50, owner=OWNER, place="notes").rows]
    body = " ".join(f"[[{title}]]" for title in titles + [f"no note {number}" for number in range(50)])
    note = service.create(OWNER, Draft("Much linked", body), service.new_key())
    for _ in range(101):
        service.create(OWNER, Draft("Linking", "[[much linked]]"), service.new_key())
    return note


def test_the_links_of_a_note_cost_what_it_shows(sqlite: bool, linked: service.Note) -> None:
    found = note_links.around(linked)
    assert (len(found.to), len(found.back)) == (50, note_links.BACKLINKS)
    assert len(statements(lambda: note_links.around(linked))) == 1
    # Each title in both places; each backlink in two tables; the tags, thrice each.
    most = 3 * 2 * wikilinks.LINKS_AT_MOST + 4 * note_links.BACKLINKS + 3 * tag_names.COLUMN
    assert rows_read(sqlite, lambda: note_links.around(linked)) <= most


def test_a_suggestion_of_titles_reads_a_few_rows(sqlite: bool) -> None:
    beginning = note_lists.BY_TITLE.page(None, 50, owner=OWNER, place="notes").rows[-1].title[:2]
    assert note_links.suggest(OWNER, beginning)
    assert rows_read(sqlite, lambda: note_links.suggest(OWNER, beginning)) <= ROWS_OF_A_PAGE


@pytest.fixture
def changed(sqlite: bool) -> int:
    """How many changes are recorded, one for each of the owner's notes."""
    with db.transaction() as connection:
        connection.exec_driver_sql("DELETE FROM note_change")
        recorded = connection.exec_driver_sql(
            "INSERT INTO note_change (owner_id, note_id, number)"
            f" SELECT owner_id, id, ROW_NUMBER() OVER (ORDER BY id) FROM note WHERE owner_id = {OWNER}"
        )
    return int(recorded.rowcount)


@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_a_page_of_changes_reads_its_own_rows_at_any_depth(sqlite: bool, changed: int, share: float) -> None:
    position = Position(int(changed * share))
    page = changes.since(OWNER, position, note_lists.PAGE)
    assert len(page.changes) == (note_lists.PAGE if share < 1 else 0)
    assert rows_read(sqlite, lambda: changes.since(OWNER, position, note_lists.PAGE)) <= ROWS_OF_A_PAGE
    assert len(statements(lambda: changes.since(OWNER, position, note_lists.PAGE))) == 2


@every_list
def test_a_list_takes_one_statement(sqlite: bool, index: str) -> None:
    assert len(statements(lambda: LISTS[index](None))) == 1


def test_the_tags_cost_as_much_as_there_are_tags_not_notes(sqlite: bool) -> None:
    found = tag_names.tags(OWNER, limit=1000)
    assert found == sorted(data.TAGS)
    assert (
        rows_read(sqlite, lambda: tag_names.tags(OWNER, limit=1000)) <= 4 * len(found) + 10
    )  # to a tag, to its newest note, from both to the name


def test_tags_that_are_known_cost_a_look_at_their_number(sqlite: bool) -> None:
    assert tag_names.column(OWNER) == sorted(data.TAGS)[: tag_names.COLUMN]
    assert rows_read(sqlite, lambda: tag_names.column(OWNER)) <= 2


@every_query
def test_a_search_takes_one_statement_and_reads_two_hundred_hits_at_most(sqlite: bool, typed: str) -> None:
    assert len(statements(lambda: search.search(OWNER, typed))) == 1
    assert rows_read(sqlite, lambda: search.search(OWNER, typed)) <= ROWS_OF_A_SEARCH


@every_query
def test_a_search_asks_the_full_text_index(sqlite: bool, typed: str) -> None:
    rows = plan(sqlite, lambda: search.search(OWNER, typed))
    if sqlite:
        assert any("note_search VIRTUAL TABLE INDEX" in row.detail for row in rows)
        assert any(row.detail == "SEARCH note USING PRIMARY KEY (owner_id=? AND id=?)" for row in rows)
    else:
        assert {row.table: row.key for row in rows}["note_search"] == "ft_note_search_words"
        assert {row.table: row.key for row in rows}["note"] == "PRIMARY"


def test_the_best_hits_are_among_those_that_are_read(sqlite: bool) -> None:
    hits = search.search(OWNER, " ".join(data.MEDIUM))
    assert hits.complete
    assert hits.rows
    assert all(word in f"{row.note.title} {row.body}".lower() for row in hits.rows for word in data.MEDIUM)
