"""Notes and tasks through the API: what is stored, what is answered, and what is refused by name."""

from __future__ import annotations

import json

import pytest
from werkzeug.test import TestResponse

from devtools.api_client import ApiClient


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


def test_a_weak_or_foreign_etag_matches_nothing(api: ApiClient) -> None:
    path = f"/notes/{api.create_note()['id']}"
    for etag in ('W/"1"', '"x"', '"²"', '""'):
        status = api(
            "PATCH", path, json={"title": "x"}, headers={"If-Match": etag.encode().decode("latin-1")}
        ).status_code
        assert status == 412, etag


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
    ],
)
def test_what_no_index_answers_is_refused_in_a_sentence(api: ApiClient, query: str) -> None:
    refused = api("GET", f"/notes?{query}")
    assert refused.status_code == 422
    assert set(faults(refused)) <= {"status", "pinned", "due_before"}


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
    assert faults(api("POST", "/tags/old/rename", json={"name": "a b"})) == ["name"]


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
