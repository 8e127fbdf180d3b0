"""Notes and tasks through the API: what is stored, what is answered, and what is refused by name."""

from __future__ import annotations

import itertools
import json

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from devtools.api_client import ApiClient
from devtools.forms import submit


def faults(response: TestResponse) -> list[str]:
    assert response.mimetype == "application/problem+json", response.text
    return [fault["field"] for fault in response.get_json().get("errors", [])]


def test_a_note_is_created_read_and_listed(api: ApiClient) -> None:
    made = api("POST", "/notes", json={"title": "t", "body": "b", "tags": ["B", "a"], "due_on": "2026-02-01"})
    assert made.headers["ETag"] == '"1"'
    assert (made.get_json()["tags"], made.get_json()["status"]) == (["a", "B"], "open")
    assert api.client.get(made.headers["Location"], headers={"Authorization": f"Bearer {api.token}"}).json == made.json
    assert api("GET", "/notes").get_json()["items"][0]["excerpt"] == "b"


def test_a_key_makes_one_note_however_often_it_is_sent(api: ApiClient) -> None:
    key = {"Idempotency-Key": "k"}
    first, again = (api("POST", "/notes", json={"title": "t"}, headers=key) for _ in range(2))
    assert first.get_json() == again.get_json()
    other = api("POST", "/notes", json={"title": "other"}, headers=key)
    assert (other.status_code, faults(other)) == (422, ["Idempotency-Key"])
    assert api.titles("/notes") == ["t"]


def test_unknown_fields_and_wrong_types_are_refused_by_name(api: ApiClient) -> None:
    sent = {"title": 1, "nope": 2, "tags": "x", "due_on": "2026-02-30", "status": "later", "pinned": "yes"}
    assert set(faults(api("POST", "/notes", json=sent))) == set(sent)
    assert faults(api("GET", "/notes?nope=1")) == ["nope"]
    assert faults(api("POST", "/notes", json={"body": " "})) == ["body"]
    assert faults(api("POST", "/notes", json={"title": "x" * 201, "tags": ["a b"]})) == ["title", "tags"]


def test_replacing_takes_back_what_is_not_sent(api: ApiClient) -> None:
    note = api.create_note(body="b", tags=["x"], status="open", pinned=True)
    put = api("PUT", f"/notes/{note['id']}", json={"title": "new"}, if_match=1)
    assert put.headers["ETag"] == '"2"'
    kept = {"title": "new", "body": "", "tags": [], "status": "none", "pinned": False, "version": 2}
    assert {name: put.get_json()[name] for name in kept} == kept


@pytest.mark.parametrize("place", ["notes", "archive", "trash"])
def test_replacing_without_a_place_moves_nothing(api: ApiClient, place: str) -> None:
    path = f"/notes/{api.create_note()['id']}"
    api("PATCH", path, json={"place": place, "body": "x"}, if_match=1)
    assert api("PUT", path, json={"title": "new"}, if_match=2).get_json()["place"] == place
    assert api("PUT", path, json={"title": "new", "place": "notes"}, if_match=3).get_json()["place"] == "notes"


@pytest.mark.parametrize("due", ["86400", "0", "1e3", "2026-1-1", "20260101", "2026-02-30", "2026-01-01T00:00:00", 1])
def test_a_due_date_is_a_day_and_nothing_else(api: ApiClient, due: object) -> None:
    path = f"/notes/{api.create_note()['id']}"
    assert faults(api("POST", "/notes", json={"title": "t", "due_on": due})) == ["due_on"]
    assert faults(api("PATCH", path, json={"due_on": due}, if_match=1)) == ["due_on"]
    assert faults(api("GET", f"/notes?due_before={due}")) == ["due_before"]


@pytest.mark.parametrize("key", ["k", "a b", "~" * 64, "!"])
def test_every_printable_key_is_taken(api: ApiClient, key: str) -> None:
    headers = {"Idempotency-Key": key}
    ids = {api("POST", "/notes", json={"title": "t"}, headers=headers).get_json()["id"] for _ in range(2)}
    assert len(ids) == 1


@pytest.mark.parametrize("key", ["", "~" * 65, "é", "a\tb"])
def test_no_other_key_is_taken(api: ApiClient, key: str) -> None:
    refused = api("POST", "/notes", json={"title": "t"}, headers={"Idempotency-Key": key})
    assert (refused.status_code, faults(refused)) == (422, ["Idempotency-Key"])
    step = {"do": "create", "note": {"title": "t"}, "key": key}
    [result] = api("POST", "/notes/batch", json={"operations": [step]}).get_json()["results"]
    assert result["status"] == 422


def test_a_patch_changes_what_it_names_and_null_takes_back(api: ApiClient) -> None:
    note = api.create_note(body="b", tags=["x"], status="open", due_on="2026-02-01")
    headers = {"Content-Type": "application/merge-patch+json"}
    patch = json.dumps({"title": "new", "due_on": None, "tags": None, "place": "archive"})
    changed = api("PATCH", f"/notes/{note['id']}", data=patch, headers=headers, if_match=1).get_json()
    assert (changed["title"], changed["body"], changed["due_on"], changed["tags"]) == ("new", "b", None, [])
    assert api.titles("/notes?archived=true") == ["new"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_change_names_the_version_it_is_meant_for(api: ApiClient, method: str) -> None:
    note = api.create_note()
    path, body = f"/notes/{note['id']}", {} if method == "DELETE" else {"json": {"title": "mine"}}
    assert api(method, path, **body).status_code == 428
    api("PATCH", path, json={"title": "theirs"}, if_match=1)
    late = api(method, path, if_match=1, **body)
    assert (late.status_code, late.headers["ETag"]) == (412, '"2"')
    assert late.get_json()["current"]["title"] == "theirs"
    assert api(method, path, headers={"If-Match": '"1", "2"'}, **body).status_code in {200, 204}


@pytest.mark.parametrize("etag", ['"x"', '"²"', '""', '"1-brotli"', '"01-x"', '"11"', 'W/"2"', '"1;gzip"', '"x", "2"'])
def test_a_foreign_or_older_etag_matches_nothing(api: ApiClient, etag: str) -> None:
    path = f"/notes/{api.create_note()['id']}"
    header = {"If-Match": etag.encode().decode("latin-1")}
    assert api("PATCH", path, json={"title": "x"}, headers=header).status_code == 412


@pytest.mark.parametrize("etag", ['W/"1"', '"1-gzip"', 'W/"1-gzip"', '"1-br"', '"7", W/"1"', '"x,y","1"'])
def test_an_etag_that_compression_has_altered_names_its_version(api: ApiClient, etag: str) -> None:
    path = f"/notes/{api.create_note()['id']}"
    assert api("GET", path, headers={"If-None-Match": etag}).status_code == 304
    assert api("PATCH", path, json={"title": "x"}, headers={"If-Match": etag}).status_code == 200
    assert api("PATCH", path, json={"title": "y"}, headers={"If-Match": etag}).status_code == 412


@pytest.mark.parametrize(
    ("method", "suffix"), [("PUT", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/restore"), ("POST", "/status")]
)
@pytest.mark.parametrize(("if_match", "status"), [("*", 428), (" * ", 428), ("1", 400), ("", 400), ("W/1", 400)])
def test_a_header_that_names_no_version_overwrites_nothing(
    api: ApiClient, method: str, suffix: str, if_match: str, status: int
) -> None:
    note = api.create_note()
    path = f"/tasks/{note['id']}/status" if suffix == "/status" else f"/notes/{note['id']}{suffix}"
    body = {"/restore": {"version": 1}, "/status": {"status": "done"}}.get(suffix, {"title": "blind"})
    refused = api(method, path, headers={"If-Match": if_match}, **({} if method == "DELETE" else {"json": body}))
    assert refused.status_code == status
    assert api("GET", f"/notes/{note['id']}").get_json() == note


def test_who_has_the_version_is_not_sent_it_again(api: ApiClient) -> None:
    path = f"/notes/{api.create_note()['id']}"
    assert api("GET", path, headers={"If-None-Match": '"1"'}).status_code == 304
    assert api("GET", path, headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_deleted_note_is_in_the_trash_and_can_come_back(api: ApiClient) -> None:
    path = f"/notes/{api.create_note('gone')['id']}"
    assert api("DELETE", path, if_match=1).status_code == 204
    assert (api.titles("/notes"), api.titles("/trash")) == ([], ["gone"])
    assert api("PATCH", path, json={"place": "notes"}, if_match=2).status_code == 200
    assert api.titles("/notes") == ["gone"]


def test_every_older_content_can_be_read_and_restored(api: ApiClient) -> None:
    path = f"/notes/{api.create_note('1')['id']}"
    for version in range(1, 5):
        api("PATCH", path, json={"title": f"{version + 1}"}, if_match=version)
    pages = [api("GET", f"{path}/revisions?limit=3").get_json()]
    pages.append(api("GET", f"{path}/revisions?limit=3&cursor={pages[0]['next']}").get_json())
    assert [item["title"] for page in pages for item in page["items"]] == ["4", "3", "2", "1"]
    assert [api("GET", f"{path}/revisions/{n}").get_json()["title"] for n in range(1, 6)] == list("12345")
    assert api("POST", f"{path}/restore", json={"version": 2}).get_json()["title"] == "2"


@pytest.mark.parametrize("version", [0, 3, 2**53, 9_999_999_999_999_999])
def test_a_version_that_there_never_was_is_not_found(api: ApiClient, alice: FlaskClient, version: int) -> None:
    path = f"/notes/{api.create_note('1')['id']}"
    api("PATCH", path, json={"title": "2"}, if_match=1)
    assert api("GET", f"{path}/revisions/{version}").status_code == 404
    assert alice.get(f"{path}/history/{version}").status_code == 404


def test_lists_go_on_at_their_cursor_until_the_end(api: ApiClient) -> None:
    for number in range(7):
        api.create_note(f"{number}", status="open", tags=["x"], pinned=number < 5, due_on="2026-01-01")
    filters = ("", "&tag=x", "&pinned=true", "&pinned=false", "&pinned=true&tag=x", "&status=open", "&q=tag:x")
    for wanted in (*filters, "&due_before=2026-02-01"):
        seen, cursor = [], ""
        while cursor is not None:
            page = api("GET", f"/notes?limit=2{wanted}{cursor and '&cursor=' + cursor}").get_json()
            seen += [item["title"] for item in page["items"]]
            cursor = page["next"]
        expected = {"&pinned=true": 5, "&pinned=true&tag=x": 5, "&pinned=false": 2}.get(wanted, 7)
        assert len(seen) == len(set(seen)) == expected, wanted


def test_notes_are_listed_by_creation_and_by_id(api: ApiClient) -> None:
    notes = {title: api.create_note(title, pinned=title == "b") for title in "abc"}
    api("PATCH", f"/notes/{notes['a']['id']}", json={"title": "a, changed"}, if_match=1)
    api("PATCH", f"/notes/{notes['b']['id']}", json={"place": "archive"}, if_match=1)
    api("DELETE", f"/notes/{notes['c']['id']}", if_match=1)
    api.create_note("d")
    assert api.titles("/notes?sort=created") == ["d", "a, changed"]
    assert api.titles("/notes?sort=created&archived=true") == ["b"]
    assert api.titles("/notes?sort=id") == ["a, changed", "b", "c", "d"]
    assert api.titles("/notes?sort=changed") == api.titles("/notes") == ["d", "a, changed"]


@pytest.mark.parametrize("sort", ["created", "id"])
def test_each_order_leads_to_the_end(api: ApiClient, sort: str) -> None:
    for number in range(7):
        api.create_note(f"{number}")
    seen, cursor = [], ""
    while cursor is not None:
        page = api("GET", f"/notes?limit=2&sort={sort}{cursor and '&cursor=' + cursor}").get_json()
        seen += [item["title"] for item in page["items"]]
        cursor = page["next"]
    assert seen == [f"{number}" for number in (range(7) if sort == "id" else reversed(range(7)))]


def test_the_changes_have_deletions(api: ApiClient, alice: FlaskClient) -> None:
    path = f"/notes/{api.create_note('gone')['id']}"
    begin = api("GET", "/changes").get_json()
    assert [change["note"]["title"] for change in begin["items"]] == ["gone"]
    api("DELETE", path, if_match=1)
    trashed = api("GET", f"/changes?changed_since={begin['changed_since']}").get_json()
    assert [change["note"]["place"] for change in trashed["items"]] == ["trash"]
    submit(alice, "/trash/empty")
    gone = api("GET", f"/changes?changed_since={trashed['changed_since']}").get_json()
    assert (gone["items"], gone["next"]) == ([{"id": begin["items"][0]["id"], "note": None}], None)


@pytest.mark.parametrize(
    "query", ["changed_since=x", "cursor=-1", "changed_since=99", "changed_since=1&changed_since=1"]
)
def test_a_position_that_no_answer_gave_is_refused(api: ApiClient, query: str) -> None:
    refused = api("GET", f"/changes?{query}")
    assert (refused.status_code, len(faults(refused))) == (422, 1)


def test_filters_find_what_they_say(api: ApiClient) -> None:
    api.create_note("plain")
    api.create_note("open", status="open", due_on="2026-02-01", tags=["x"])
    api.create_note("done", status="done", tags=["x"], pinned=True)
    assert api.titles("/notes?status=done") == ["done"]
    assert api.titles("/notes?due_before=2026-02-01") == []
    assert api.titles("/tasks?due_before=2026-02-02") == ["open"]
    assert api.titles("/tasks") == ["open", "done"]
    assert api.titles("/notes?tag=x&pinned=true") == ["done"]
    assert api.titles("/notes?q=*&status=open&tag=x") == ["open"]


@pytest.mark.parametrize(
    "query",
    [
        "tag=x&status=open",
        "archived=true&pinned=true",
        "due_before=2026-01-01&status=done",
        "q=x&due_before=2026-01-01",
        "sort=created&tag=x",
        "sort=created&pinned=true",
        "sort=id&archived=true",
        "sort=id&tag=x",
        "sort=created&q=x",
        "sort=id&status=open",
        "sort=changed&due_before=2026-01-01",
    ],
)
def test_what_no_index_answers_is_refused_in_a_sentence(api: ApiClient, query: str) -> None:
    refused = api("GET", f"/notes?{query}")
    assert refused.status_code == 422
    assert set(faults(refused)) <= {"status", "pinned", "due_before", "sort"}


def test_an_archived_note_is_where_the_description_says(api: ApiClient) -> None:
    note = api.create_note("archived", status="open", tags=["x"])
    api("PATCH", f"/notes/{note['id']}", json={"place": "archive"}, if_match=1)
    for path in ("/notes", "/notes?tag=x", "/notes?status=open", "/notes?sort=created", "/tasks", "/trash"):
        assert api.titles(path) == []
    for path in ("/notes?archived=true", "/notes?archived=true&tag=x", "/notes?q=archived", "/notes?sort=id"):
        assert api.titles(path) == ["archived"]
    assert api.titles("/notes?q=archived&archived=false") == []
    assert api("GET", "/tags").get_json()["items"] == []
    assert api("POST", "/tags/x/rename", json={"name": "y"}).get_json()["changed"] == 1
    assert [change["note"]["place"] for change in api("GET", "/changes").get_json()["items"]] == ["archive"]
    assert '"tags":["y"]' in api("GET", "/export").text


def test_a_status_is_set_to_what_is_wanted(api: ApiClient) -> None:
    note = api.create_note(status="open")
    for _ in range(2):
        done = api("POST", f"/tasks/{note['id']}/status", json={"status": "done"}).get_json()
        assert (done["status"], done["version"]) == ("done", 2)


def test_a_renamed_tag_goes_into_one_that_exists_and_moves_nothing(api: ApiClient) -> None:
    for tags in (["old"], ["old", "new"], ["new"]):
        api.create_note(" ".join(tags), tags=tags)
    before = api.titles("/notes")
    assert api("POST", "/tags/old/rename", json={"name": "New"}).get_json() == {"changed": 2, "complete": True}
    assert [tag["name"] for tag in api("GET", "/tags").get_json()["items"]] == ["new"]
    assert api.titles("/notes?tag=new") == before == api.titles("/notes")
    assert faults(api("POST", "/tags/new/rename", json={"name": "a b"})) == ["name"]


def test_a_tag_that_no_note_has_cannot_be_renamed(api: ApiClient, of_bob: ApiClient) -> None:
    of_bob.create_note(tags=["his"])
    path = f"/notes/{api.create_note(tags=['deleted'])['id']}"
    api("DELETE", path, if_match=1)
    for tag in ("never", "his", "deleted"):
        assert api("POST", f"/tags/{tag}/rename", json={"name": "new"}).status_code == 404


def test_each_step_of_a_batch_has_its_own_result(api: ApiClient) -> None:
    note = api.create_note()
    steps = [
        {"do": "create", "note": {"title": "new"}, "key": "k"},
        {"do": "update", "id": note["id"], "version": 1, "note": {"status": "done"}},
        {"do": "delete", "id": note["id"], "version": 1},
        {"do": "delete", "id": 5, "version": 1},
        {"do": "create", "note": {}},
    ]
    results = api("POST", "/notes/batch", json={"operations": steps}).get_json()["results"]
    assert [result["status"] for result in results] == [201, 200, 412, 404, 422]
    assert results[2]["note"]["status"] == "done"
    assert results[4]["problem"]["errors"][0]["field"] == "body"


def test_the_export_holds_everything_once(api: ApiClient) -> None:
    for number in range(120):
        api.create_note(f"{number}")
    first = api("GET", "/notes?limit=1").get_json()["items"][0]
    api("PATCH", f"/notes/{first['id']}", json={"title": "changed", "place": "trash"}, if_match=1)
    export = api("GET", "/export")
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert sorted(line["note"]["title"] for line in lines if "note" in line) == sorted(
        [*map(str, range(119)), "changed"]
    )
    assert [line["revision"]["title"] for line in lines if "revision" in line] == ["119"]


def test_times_are_utc_to_the_microsecond(api: ApiClient) -> None:
    assert api.create_note()["created_at"].endswith("Z")
    assert len(api.create_note()["created_at"]) == len("2026-01-01T00:00:00.000000Z")


def test_every_error_has_one_shape(api: ApiClient) -> None:
    tried = {
        404: api("GET", "/nothing"),
        405: api("DELETE", "/notes"),
        406: api("GET", "/notes", headers={"Accept": "text/html"}),
        413: api("POST", "/notes", data=b" " * (3 << 20), headers={"Content-Type": "application/json"}),
        415: api("POST", "/notes", data="x"),
        400: api("POST", "/notes", data="{", headers={"Content-Type": "application/json"}),
    }
    for status, answer in tried.items():
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
        assert {"type", "title", "status", "detail"} <= answer.get_json().keys()


VALUES = {
    "tag": ["x"],
    "archived": ["true"],
    "pinned": ["true"],
    "status": ["open", "done"],
    "due_before": ["2026-01-01"],
    "q": ["x"],
    "sort": ["changed", "created", "id"],
}
# What the description of the operation allows beside each other; everything alone is allowed, too.
TOGETHER = [
    {"tag=x", "archived=true"},
    {"tag=x", "pinned=true"},
    {"status=open", "due_before=2026-01-01"},
    {"sort=created", "archived=true"},
    *({"sort=changed"} | others for others in ({"tag=x", "archived=true"}, {"tag=x", "pinned=true"})),
    {"q=x", "tag=x", "archived=true", "pinned=true", "status=open"},
    {"q=x", "tag=x", "archived=true", "pinned=true", "status=done"},
]


def test_the_filters_that_go_together_are_those_of_the_description(api: ApiClient) -> None:
    choices = [[None, *(f"{name}={value}" for value in values)] for name, values in VALUES.items()]
    for chosen in itertools.product(*choices):
        filters = {one for one in chosen if one}
        fitting = [one for one in TOGETHER if filters <= one and ("q=x" in one) == ("q=x" in filters)]
        allowed = len(filters) < 2 or bool(fitting)
        assert api("GET", f"/notes?{'&'.join(filters)}").status_code == (200 if allowed else 422), filters
