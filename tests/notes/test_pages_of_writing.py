"""The form of a note: nothing typed is ever lost, and what was saved is told."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete
from werkzeug.test import TestResponse

from app import db
from app.accounts.models import account_session
from app.notes import note_lists, service
from app.notes.drafts import Draft
from devtools.forms import csrf_token


def page_of(answer: TestResponse) -> BeautifulSoup:
    return BeautifulSoup(answer.data, "html.parser")


def fields(client: FlaskClient, path: str) -> dict[str, str]:
    """Return what a browser would send from the form at `path`."""
    form = page_of(client.get(path)).select_one("#note")
    assert form
    return fields_of(form)


def fields_of(form: Tag) -> dict[str, str]:
    sent = {str(field["name"]): str(field.get("value", "")) for field in form.select("input:not([type=radio])[name]")}
    sent["status"] = str(form.select_one("[name=status][checked]")["value"])  # type: ignore[index]
    # A browser drops the newline that follows the tag.
    return sent | {"body": form.select_one("textarea").get_text().removeprefix("\n")}  # type: ignore[union-attr]


def send(client: FlaskClient, path: str, sent: dict[str, str], **typed: str) -> TestResponse:
    return client.post(path, data=sent | typed, content_type="multipart/form-data")


def follow(client: FlaskClient, answer: TestResponse) -> BeautifulSoup:
    assert answer.status_code == 303, answer.text
    return page_of(client.get(answer.location))


def message(page: BeautifulSoup) -> str:
    return page.select_one(".message p").get_text()  # type: ignore[union-attr]


def test_a_note_is_written_and_shown(alice: FlaskClient, owner: int) -> None:
    blank = fields(alice, "/notes/new")
    answer = send(alice, "/notes", blank, title="Hut", body="**four** beds", tags="Family, #hut", due_on="2027-01-02")
    page = follow(alice, answer)
    assert page.select_one("h1").get_text() == "Hut"  # type: ignore[union-attr]
    assert page.select_one(".prose strong").get_text() == "four"  # type: ignore[union-attr]
    assert [tag.get_text() for tag in page.select("article .tag")] == ["Family", "hut"]


def test_a_form_sent_six_times_makes_one_note(alice: FlaskClient, owner: int) -> None:
    blank = fields(alice, "/notes/new")
    places = {send(alice, "/notes", blank, title="Once").location for _ in range(6)}
    assert len(places) == len(note_lists.in_place(owner, "notes", None).rows) == 1


def test_going_back_and_writing_on_is_merged_into_the_note_that_the_form_has_made(
    alice: FlaskClient, owner: int
) -> None:
    blank = fields(alice, "/notes/new")
    note = send(alice, "/notes", blank, title="Hut", body="cash\n\nmap").location
    service.save(owner, int(note.rpartition("/")[2]), 1, Draft("Hut", "coins\n\nmap"))
    again = send(alice, "/notes", blank, title="Hut", body="cash\n\nmap and torch")
    assert again.location == note
    assert "together with" in follow(alice, again).select(".message p")[-1].get_text()
    assert service.get(owner, int(note.rpartition("/")[2])).draft.body == "coins\n\nmap and torch"
    assert len(note_lists.in_place(owner, "notes", None).rows) == 1


def test_going_back_and_writing_on_can_collide_and_then_asks(alice: FlaskClient, owner: int) -> None:
    blank = fields(alice, "/notes/new")
    note = send(alice, "/notes", blank, title="Train", body="at 9").location
    service.save(owner, int(note.rpartition("/")[2]), 1, Draft("Train", "at 10"))
    asked = send(alice, "/notes", blank, title="Train", body="at 8")
    form = page_of(asked).select_one("#note")
    assert (asked.status_code, form["action"]) == (409, note)  # type: ignore[index]
    assert fields_of(form)["version"] == "2"  # type: ignore[arg-type]


def test_going_back_to_a_note_that_is_in_the_trash_asks(alice: FlaskClient, owner: int) -> None:
    blank = fields(alice, "/notes/new")
    note = send(alice, "/notes", blank, title="Hut").location
    service.move(owner, int(note.rpartition("/")[2]), "trash")
    asked = send(alice, "/notes", blank, title="Hut", body="and more")
    form = page_of(asked).select_one("#note")
    assert (asked.status_code, form["action"]) == (409, note)  # type: ignore[index]
    put_back = send(alice, note, fields_of(form), put_back="1")  # type: ignore[arg-type]
    assert follow(alice, put_back).select_one(".prose").get_text().strip() == "and more"  # type: ignore[union-attr]


def test_the_address_of_a_form_that_has_made_a_note_leads_there(alice: FlaskClient) -> None:
    blank = fields(alice, "/notes/new")
    note = send(alice, "/notes", blank, title="Hut").location
    assert alice.get("/notes/new", query_string={"key": blank["key"]}).location == note


@pytest.mark.parametrize("key", ["ü", "x" * 65, "\n"])
def test_an_address_with_a_key_that_cannot_be_shows_a_new_form(alice: FlaskClient, key: str) -> None:
    page = page_of(alice.get("/notes/new", query_string={"key": key}))
    assert str(page.select_one("[name=key]")["value"]) not in {"", key}  # type: ignore[index]


def test_a_saved_form_is_named_by_a_cookie_of_the_answer_itself(alice: FlaskClient) -> None:
    blank = fields(alice, "/notes/new")
    cookies = send(alice, "/notes", blank, title="Hut", instance="12-34").headers.getlist("Set-Cookie")
    assert any(cookie.startswith("saved.12-34=1;") and "HttpOnly" not in cookie for cookie in cookies)


@pytest.mark.parametrize("instance", ["", "a b", "a;b", "ü", "x" * 65, "a=b"])
def test_what_is_no_instance_names_no_cookie(alice: FlaskClient, instance: str) -> None:
    blank = fields(alice, "/notes/new")
    answer = send(alice, "/notes", blank, title="Hut", instance=instance)
    assert answer.status_code == 303
    assert not any(cookie.startswith("saved.") for cookie in answer.headers.getlist("Set-Cookie"))


def test_a_refused_form_is_still_the_same_instance(alice: FlaskClient) -> None:
    page = page_of(send(alice, "/notes", fields(alice, "/notes/new"), instance="12-34"))
    assert page.select_one("[name=instance]")["value"] == "12-34"  # type: ignore[index]


def test_a_form_whose_note_is_gone_for_good_keeps_the_text(alice: FlaskClient, owner: int) -> None:
    blank = fields(alice, "/notes/new")
    first = send(alice, "/notes", blank, title="First")
    service.move(owner, int(first.location.rpartition("/")[2]), "trash")
    service.empty_trash(owner)
    asked = send(alice, "/notes", blank, title="First")
    assert asked.status_code == 422
    assert fields_of(page_of(asked).select_one("#note"))["title"] == "First"  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body", ["plain", "\nbegins with an empty line", "</textarea><b>", "tab\tand  spaces ", "é 漢 😀"]
)
def test_a_text_goes_through_the_form_unchanged(alice: FlaskClient, owner: int, body: str) -> None:
    note = service.create(owner, Draft("Text", body), "key")
    answer = send(alice, f"/notes/{note.id}", fields(alice, f"/notes/{note.id}/edit"))
    assert answer.status_code == 303
    assert service.get(owner, note.id) == note


@pytest.mark.parametrize(
    ("typed", "at", "words"),
    [
        ({"body": ""}, "body", "Write a title or some text"),
        ({"title": "x" * 201}, "title", "at most 200"),
        ({"tags": "a?b"}, "tags", "“a?b” holds the sign ?"),
        ({"due_on": "tomorrow"}, "due_on", "Not a valid date"),
        ({"status": "maybe"}, "status", "none, open or done"),
    ],
)
def test_a_refused_form_says_where_and_why_and_keeps_everything(
    alice: FlaskClient, owner: int, typed: dict[str, str], at: str, words: str
) -> None:
    sent = fields(alice, "/notes/new") | {"body": "kept", "tags": "home"} | typed
    answer = send(alice, "/notes", sent)
    page = page_of(answer)
    assert answer.status_code == 422
    assert page.select_one("[role=alert][autofocus] a")["href"] == f"#{at}"  # type: ignore[index]
    assert words in page.select_one(f"#{at}-fault").get_text()  # type: ignore[union-attr]
    shown = fields_of(page.select_one("#note")) if at != "status" else sent  # type: ignore[arg-type]
    assert shown == sent


def test_save_and_stay_stays(alice: FlaskClient, owner: int) -> None:
    answer = send(alice, "/notes", fields(alice, "/notes/new"), title="Hut", stay="1")
    assert answer.location.endswith("/edit")
    assert message(follow(alice, answer)) == "Saved."


def test_different_lines_are_merged_and_the_person_is_told(alice: FlaskClient, owner: int) -> None:
    note = service.create(owner, Draft("Hut", "cash\n\nmap\n\nshoes"), "key")
    sent = fields(alice, f"/notes/{note.id}/edit")
    service.save(owner, note.id, 1, Draft("Hut", "cash\n\nmap\n\nboots"))
    answer = send(alice, f"/notes/{note.id}", sent, body="coins\n\nmap\n\nshoes")
    assert "together with what was saved" in message(follow(alice, answer))
    assert service.get(owner, note.id).draft.body == "coins\n\nmap\n\nboots"


def test_a_collision_shows_both_sides_and_the_form_can_be_saved(alice: FlaskClient, owner: int) -> None:
    note = service.create(owner, Draft("Train", "at 9"), "key")
    sent = fields(alice, f"/notes/{note.id}/edit")
    service.save(owner, note.id, 1, Draft("Bus", "at 10"))
    answer = send(alice, f"/notes/{note.id}", sent, title="Tram", body="at 8")
    page = page_of(answer)
    assert answer.status_code == 409
    assert [side.get_text() for side in page.select(".sides mark")] == ["8", "10", "Tram", "Bus"]
    assert service.get(owner, note.id).draft.body == "at 10"
    merged = fields_of(page.select_one("#note"))  # type: ignore[arg-type]
    assert merged["version"] == "2"
    assert merged["body"].splitlines() == ["<<<<<<< yours", "at 8", "=======", "at 10", ">>>>>>> saved meanwhile"]
    assert send(alice, f"/notes/{note.id}", merged, body="at 8 or at 10").status_code == 303
    assert service.get(owner, note.id).draft.body == "at 8 or at 10"


def collide(alice: FlaskClient, owner: int, base: str, mine: str, theirs: str) -> tuple[str, dict[str, str]]:
    """Return the address of a note and the form that a collision leads to."""
    note = service.create(owner, Draft("Train", base), "key")
    sent = fields(alice, f"/notes/{note.id}/edit")
    service.save(owner, note.id, 1, Draft("Train", theirs))
    page = page_of(send(alice, f"/notes/{note.id}", sent, body=mine))
    return f"/notes/{note.id}", fields_of(page.select_one("#note"))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ("mine", "theirs", "at 8\n-\nto Rome"),
        ("theirs", "mine", "at 10\n-\nto Bern"),
        ("both", "both", "at 8\nat 10\n-\nto Bern\nto Rome"),
    ],
)
def test_of_each_collision_a_side_or_both_are_kept(
    alice: FlaskClient, owner: int, first: str, second: str, text: str
) -> None:
    note, form = collide(alice, owner, "at 9\n-\nto Paris", "at 8\n-\nto Bern", "at 10\n-\nto Rome")
    answer = send(alice, note, form, **{"side-0": first, "side-1": second})
    assert answer.status_code == 303
    assert service.get(owner, int(note.rpartition("/")[2])).draft.body == text


def test_marks_that_are_left_in_a_text_are_refused_once(alice: FlaskClient, owner: int) -> None:
    note, form = collide(alice, owner, "at 9\n-\nto Paris", "at 8\n-\nto Bern", "at 10\n-\nto Rome")
    answer = send(alice, note, form, **{"side-0": "mine"})
    page = page_of(answer)
    assert answer.status_code == 422
    assert "marks of a collision" in page.select_one("[role=alert]").get_text()  # type: ignore[union-attr]
    assert [side.get_text() for side in page.select(".sides mark")] == ["Bern", "Rome"]
    again = fields_of(page.select_one("#note"))  # type: ignore[arg-type]
    assert again["body"].splitlines()[0] == "at 8"
    told = message(follow(alice, send(alice, note, again)))
    assert told == "Saved. The text still holds the marks of a collision."
    assert send(alice, note, fields(alice, f"{note}/edit"), title="Bus").status_code == 303


def test_saving_a_note_that_is_gone_offers_the_text_as_a_new_one(alice: FlaskClient, owner: int) -> None:
    note = service.create(owner, Draft("Old"), "key")
    sent = fields(alice, f"/notes/{note.id}/edit")
    service.move(owner, note.id, "trash")
    service.empty_trash(owner)
    answer = send(alice, f"/notes/{note.id}", sent, body="still wanted")
    assert answer.status_code == 404
    rescued = fields_of(page_of(answer).select_one("#note"))  # type: ignore[arg-type]
    assert send(alice, "/notes", rescued).status_code == 303
    assert [row.excerpt for row in note_lists.in_place(owner, "notes", None).rows] == ["still wanted"]


@pytest.mark.parametrize("version", ["", "0", "-1", "x", "9" * 30, "2"])
def test_a_version_that_cannot_be_saves_nothing_and_keeps_the_text(
    alice: FlaskClient, owner: int, version: str
) -> None:
    note = service.create(owner, Draft("Old"), "key")
    sent = fields(alice, f"/notes/{note.id}/edit")
    answer = send(alice, f"/notes/{note.id}", sent, version=version, body="typed")
    assert answer.status_code in {404, 422}
    assert fields_of(page_of(answer).select_one("#note"))["body"] == "typed"  # type: ignore[arg-type]
    assert service.get(owner, note.id) == note


def test_nobody_saves_over_a_note_of_somebody_else(alice: FlaskClient, bob: FlaskClient) -> None:
    note = send(alice, "/notes", fields(alice, "/notes/new"), title="Mine").location
    sent = fields(alice, f"{note}/edit")
    assert send(bob, note, sent | {"csrf_token": csrf_token(bob, "/notes")}, title="Bob's").status_code == 404
    assert fields(alice, f"{note}/edit")["title"] == "Mine"


def test_the_preview_is_rendered_and_safe(alice: FlaskClient) -> None:
    token = csrf_token(alice, "/notes")
    answer = alice.post("/preview", data={"csrf_token": token, "body": "# Hi <script>alert(1)</script>"})
    heading = '<h1 id="text-hi-scriptalert1script" dir="auto">Hi &lt;script&gt;alert(1)&lt;/script&gt;</h1>'
    assert answer.text.strip() == heading


def test_a_form_without_its_token_changes_nothing_and_gives_the_text_back(alice: FlaskClient, owner: int) -> None:
    answer = alice.post("/notes", data={"title": "x", "body": "typed\nfor long", "key": "k"})
    assert answer.status_code == 400
    assert "typed\nfor long" in page_of(answer).get_text()
    assert not note_lists.in_place(owner, "notes", None).rows


def end_sessions(app: Flask) -> None:
    with app.app_context(), db.transaction() as connection:
        connection.execute(delete(account_session))


@pytest.mark.parametrize("has_cookie", [True, False])
def test_a_form_of_an_ended_session_whose_text_the_browser_keeps_leads_to_sign_in_and_back(
    alice: FlaskClient, app: Flask, has_cookie: bool
) -> None:
    note = send(alice, "/notes", fields(alice, "/notes/new"), title="Mine").location
    sent = fields(alice, f"{note}/edit") | {"instance": "12-34"}
    end_sessions(app)
    sender = alice if has_cookie else app.test_client()
    answer = sender.post(note, data=sent, headers={"Referer": f"http://localhost{note}/edit?from=list"})
    assert answer.location == f"/sign-in?next={note}/edit?from%3Dlist"


def test_a_form_of_an_ended_session_without_scripts_gives_the_text_back_beside_the_way_to_sign_in(
    alice: FlaskClient, app: Flask
) -> None:
    note = send(alice, "/notes", fields(alice, "/notes/new"), title="Mine").location
    sent = fields(alice, f"{note}/edit")
    end_sessions(app)
    answer = send(alice, note, sent, body="typed\nfor long")
    assert answer.status_code == 401
    assert "typed\nfor long" in page_of(answer).get_text()
    assert page_of(answer).select_one('.error a[href^="/sign-in?next="]')


def test_texts_too_different_to_merge_are_said_to_be_so_and_kept_whole(alice: FlaskClient, owner: int) -> None:
    base, mine, theirs = ("\n".join(f"{word}{number}" for number in range(10_001)) for word in ("a", "b", "c"))
    note = service.create(owner, Draft("t", base), "k")
    sent = fields(alice, f"/notes/{note.id}/edit")
    service.save(owner, note.id, 1, Draft("t", theirs))
    answer = send(alice, f"/notes/{note.id}", sent, body=mine)
    assert answer.status_code == 409
    assert "too different to merge line by line" in answer.text
    form = page_of(answer).select_one("#note")
    assert form
    assert mine in fields_of(form)["body"]
    assert theirs in fields_of(form)["body"]
