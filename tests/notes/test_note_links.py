"""Links between notes: by title, for each owner by itself, followed when a note is renamed, shown at both ends."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient
from sqlalchemy import update
from statements import heard

from app import db
from app.jobs import queue, worker
from app.jobs.models import job
from app.notes import note_links, service, wikilinks
from app.notes.drafts import Draft
from app.notes.markdown import render
from app.notes.service import changing
from app.notes.transfer import importing
from app.notes.transfer.sources import open_source

TEXT = "[[Hut]] [[ the  hut |there]] [[a/b/Map.md#Way|x]] ![[Map]] [[]] [[ ]]\n```\n[[code]]\n```\n[[1]](x)"


def create(owner: int, title: str, body: str = "x") -> service.Note:
    return service.create(owner, Draft(title, body), service.new_key())


def links(client: FlaskClient, of: service.Note, where: str) -> list[tuple[str, str]]:
    page = BeautifulSoup(client.get(f"/notes/{of.id}").data, "html.parser")
    return [(link.get_text(), str(link["href"])) for link in page.select(where)]


# --- Texts -------------------------------------------------------------------------------------------------------


def test_titles_are_found_in_all_forms_of_a_link() -> None:
    assert wikilinks.find(TEXT) == ["Hut", "the hut", "Map", "1"]


def test_a_text_links_to_no_more_titles_than_a_page_looks_up() -> None:
    assert len(wikilinks.find(" ".join(f"[[{number}]]" for number in range(500)))) == wikilinks.LINKS_AT_MOST


def test_renaming_keeps_words_and_parts_and_leaves_the_rest() -> None:
    text = "[[hut]] [[Hut|there]] [[a/Hut.md#Way]] [[Hut 2]] `x`\n```\n[[Hut]]\n```"
    assert wikilinks.rename(text, "Hut", "Cabin") == (
        "[[Cabin]] [[Cabin|there]] [[Cabin#Way]] [[Hut 2]] `x`\n```\n[[Hut]]\n```"
    )


@pytest.mark.parametrize("title", ["a]b", "a|b", "a#b", "a/b", "x.md", ""])
def test_some_titles_cannot_be_linked(title: str) -> None:
    assert not wikilinks.can_be_linked(title)


def test_a_link_leads_to_its_note_and_what_leads_nowhere_stays_a_text() -> None:
    html = render("[[Hut]] [[HUT|there]] [[None]] [[None|w]] `[[Hut]]` [[1]](https://x.org)", notes={"hut": "/notes/7"})
    page = BeautifulSoup(html, "html.parser")
    assert [(a.text, a["href"]) for a in page.select("a")] == [
        ("Hut", "/notes/7"), ("there", "/notes/7"), ("[1]", "https://x.org"),
    ]  # fmt: skip
    assert "[[None]] [[None|w]] [[Hut]]" in page.text


@pytest.mark.parametrize("text", ["[[a", "[[a [[b]] c]]", "[[<b>x</b>]]", "[ [[Hut]] ](https://x.org)", "[[a\nb]]"])
def test_no_word_is_lost_beside_links(text: str) -> None:
    shown = BeautifulSoup(render(text, notes={"hut": "/notes/7"}), "html.parser").text
    for word in ("a", "b", "x", "Hut"):
        assert word not in text.replace("<b>", "").replace("https://x.org", "") or word in shown


# --- Notes -------------------------------------------------------------------------------------------------------


def test_a_note_shows_where_it_leads_and_what_leads_to_it(alice: FlaskClient, owner: int) -> None:
    hut = create(owner, "Hut")
    trip = create(owner, "Trip", "to the [[hut]], [[Nowhere]]")
    create(owner, "", "# Untitled one\n[[HUT]]")
    assert links(alice, trip, ".prose a") == [("hut", f"/notes/{hut.id}")]
    assert [words for words, _ in links(alice, hut, ".backlinks a")] == ["Untitled one", "Trip"]
    assert links(alice, trip, ".backlinks a") == []


def test_nobody_is_led_to_a_strangers_note(alice: FlaskClient, owner: int, stranger: int) -> None:
    create(stranger, "Hut")
    create(stranger, "Spy", "[[Trip]]")
    trip = create(owner, "Trip", "to the [[Hut]]")
    assert links(alice, trip, ".prose a, .backlinks a") == []


def test_of_two_notes_with_one_title_the_oldest_is_meant_and_archived_ones_come_last(
    alice: FlaskClient, owner: int
) -> None:
    archived, first, _ = (create(owner, "Hut") for _ in range(3))
    service.move(owner, archived.id, "archive")
    trip = create(owner, "Trip", "[[Hut]]")
    assert links(alice, trip, ".prose a") == [("Hut", f"/notes/{first.id}")]


def test_what_is_in_the_trash_neither_links_nor_is_linked(alice: FlaskClient, owner: int) -> None:
    hut, trip = create(owner, "Hut", "[[Trip]]"), create(owner, "Trip", "[[Hut]]")
    service.move(owner, hut.id, "trash")
    assert links(alice, trip, ".prose a, .backlinks a") == []


def test_a_page_takes_two_statements_with_its_links(alice: FlaskClient, owner: int) -> None:
    trip = create(owner, "Trip", "[[Hut]] [[Trip]]")
    with heard() as sent:
        alice.get(f"/notes/{trip.id}")
    assert len(sent) == 3  # with that of the session


def test_renaming_a_note_takes_the_links_along(owner: int) -> None:
    hut, trip = create(owner, "Hut"), create(owner, "Trip", "to the [[hut|there]]")
    service.save(owner, hut.id, 1, replace(hut.draft, title="Cabin"))
    followed = service.get(owner, trip.id)
    assert followed.draft.body == "to the [[Cabin|there]]"
    assert followed.changed_at == trip.changed_at
    assert service.revision(owner, trip.id, 1).draft.body == trip.draft.body


def test_links_stay_where_another_note_has_the_title_or_the_new_one_cannot_be_linked(owner: int) -> None:
    first, second = create(owner, "Hut"), create(owner, "hut")
    trip = create(owner, "Trip", "[[Hut]]")
    service.update_fields(owner, first.id, {"title": "Cabin"})
    assert service.get(owner, trip.id) == trip
    service.update_fields(owner, second.id, {"title": "a|b"})
    assert service.get(owner, trip.id) == trip


def test_imported_links_work(alice: FlaskClient, owner: int, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    (vault / "places").mkdir(parents=True)
    (vault / "places" / "Old Hut.md").write_text("wooden")
    (vault / "Trip.md").write_text("to the [[Old Hut]], [[places/Old Hut|again]]")
    with open_source(vault, None) as source:
        importing.import_files(owner, source, list(source.files()), lambda _: None, None)
    page = BeautifulSoup(alice.get("/notes?sort=title").data, "html.parser")
    addresses = {link.text: str(link["href"]) for link in page.select(".notes .title")}
    trip = BeautifulSoup(alice.get(addresses["Trip"]).data, "html.parser")
    assert {str(link["href"]) for link in trip.select(".prose a")} == {addresses["Old Hut"]}


def test_imported_links_that_name_a_file_lead_to_the_note_by_its_title(
    alice: FlaskClient, owner: int, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "2020-hut.md").write_text("# The old hut\nback to [[2021-trip]]")
    (tmp_path / "2021-trip.md").write_text("# A trip\nto [[2020-hut]], [[a/2020-hut.md#Way|there]], [[2022-none]]")
    for _ in range(2):
        with open_source(tmp_path, None) as source:
            importing.import_files(owner, source, list(source.files()), lambda _: None, None)
    found = {note.draft.title: note for note, _ in service.each(owner)}
    trip, hut = found["A trip"], found["The old hut"]
    assert "to [[The old hut|2020-hut]], [[The old hut#Way|there]], [[2022-none]]" in trip.draft.body
    assert links(alice, trip, ".prose a") == [("2020-hut", f"/notes/{hut.id}"), ("there", f"/notes/{hut.id}")]
    assert links(alice, hut, ".prose a") == [("2021-trip", f"/notes/{trip.id}")]
    assert len(found) == 2


def test_a_file_whose_name_is_the_title_of_another_note_takes_no_links(owner: int, tmp_path: Path) -> None:
    hut = create(owner, "Hut")
    (tmp_path / "Hut.md").write_text("# Another\nx")
    (tmp_path / "Trip.md").write_text("to the [[Hut]]")
    with open_source(tmp_path, None) as source:
        importing.import_files(owner, source, list(source.files()), lambda _: None, None)
    [trip] = [note for note, _ in service.each(owner) if note.draft.title == "Trip"]
    assert trip.draft.body == "to the [[Hut]]"
    assert service.get(owner, hut.id) == hut


def test_all_links_of_an_imported_text_are_led_to_titles_in_one_save(owner: int, tmp_path: Path) -> None:
    for name in ("one", "two", "three"):
        (tmp_path / f"{name}.md").write_text(f"# Chapter {name}")
    (tmp_path / "index.md").write_text("[[one]] [[two]] [[three|3]]")
    with open_source(tmp_path, None) as source:
        importing.import_files(owner, source, list(source.files()), lambda _: None, None)
    [index] = [note for note, _ in service.each(owner) if note.draft.title == "index"]
    assert index.draft.body == "[[Chapter one|one]] [[Chapter two|two]] [[Chapter three|3]]"
    assert index.version == 2


# --- More links than one request follows ---------------------------------------------------------------------------


@pytest.fixture
def three_linking(owner: int, monkeypatch: pytest.MonkeyPatch) -> tuple[service.Note, list[int]]:
    """A note and three that link to it, of which a request follows two."""
    monkeypatch.setattr(changing, "RENAMED_AT_ONCE", 2)
    return create(owner, "Hut"), [create(owner, f"Trip {number}", "to [[Hut]]").id for number in range(3)]


def bodies(owner: int, ids: list[int]) -> list[str]:
    return [service.get(owner, note_id).draft.body for note_id in ids]


def run_jobs_later() -> None:
    with db.transaction() as connection:
        connection.execute(update(job).values(run_at=0))
    worker.run_all()


def test_what_is_more_than_a_request_renames_follows_by_a_job(
    owner: int, three_linking: tuple[service.Note, list[int]]
) -> None:
    hut, trips = three_linking
    service.update_fields(owner, hut.id, {"title": "Cabin"})
    assert bodies(owner, trips) == ["to [[Cabin]]", "to [[Cabin]]", "to [[Hut]]"]
    run_jobs_later()
    assert bodies(owner, trips) == ["to [[Cabin]]"] * 3


def test_a_job_lets_links_follow_to_the_title_that_the_note_has_by_then(
    owner: int, three_linking: tuple[service.Note, list[int]]
) -> None:
    hut, trips = three_linking
    service.update_fields(owner, hut.id, {"title": "Cabin"})
    service.update_fields(owner, hut.id, {"title": "Lodge"})
    run_jobs_later()
    assert bodies(owner, trips) == ["to [[Lodge]]"] * 3


def test_links_follow_although_the_process_died_after_the_rename(
    owner: int, three_linking: tuple[service.Note, list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    hut, trips = three_linking
    with monkeypatch.context() as dying:
        dying.setattr(changing, "follow", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            service.update_fields(owner, hut.id, {"title": "Cabin"})
    run_jobs_later()
    assert bodies(owner, trips) == ["to [[Cabin]]"] * 3


def test_a_rename_whose_links_have_followed_leaves_no_job(owner: int) -> None:
    hut = create(owner, "Hut")
    create(owner, "Trip", "to [[Hut]]")
    service.update_fields(owner, hut.id, {"title": "Cabin"})
    assert not [one for one in queue.list_jobs() if one.kind == service.FOLLOW]


def test_titles_are_suggested_by_their_beginning(alice: FlaskClient, owner: int, stranger: int) -> None:
    for title in ("Hut", "hut in spring", "a|b", "Map", "Hut"):
        create(owner, title)
    create(stranger, "Hut of a stranger")
    assert alice.get("/note-titles?q=HUT").get_json() == ["Hut", "hut in spring"]
    assert note_links.suggest(owner, "a") == note_links.suggest(owner, "") == []
