"""The description of the API: a copy, so that a change that breaks programs is seen, and a page for people."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from app.api import openapi
from app.api.views import with_code

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"
REGENERATE = "make openapi"


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return what a program that was written for `before` will miss in `after`."""
    missed = []
    for path, methods in before["paths"].items():
        for method, operation in methods.items():
            now = after["paths"].get(path, {}).get(method)
            if now is None:
                missed.append(f"{method} {path} is gone")
                continue
            needed = {parameter["name"] for parameter in now["parameters"] if parameter.get("required")}
            known = {parameter["name"] for parameter in operation["parameters"]}
            missed += [f"{method} {path} needs {name}" for name in needed - known]
            offered = {parameter["name"] for parameter in now["parameters"]}
            missed += [f"{method} {path} no longer takes {name}" for name in known - offered]
            missed += [
                f"{method} {path} no longer answers {s}"
                for s in operation["responses"].keys() - now["responses"].keys()
            ]
    for name, schema in before["components"]["schemas"].items():
        now = after["components"]["schemas"].get(name, {"properties": {}})
        missed += [
            f"{name}.{field} is gone" for field in schema.get("properties", {}).keys() - now["properties"].keys()
        ]
        missed += [
            f"{name}.{f} is now required" for f in set(now.get("required", [])) - schema.get("properties", {}).keys()
        ]
    return missed


def test_nothing_breaks_for_programs_and_the_copy_is_up_to_date(app: Flask, client: FlaskClient) -> None:
    after = client.get("/api/v1/openapi.json").get_json()
    if "REGENERATE" in os.environ:
        COPY.write_text(json.dumps(after, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    before = json.loads(COPY.read_text())
    assert breaks(before, after) == [], f"Programs will miss this. If that is meant: {REGENERATE}"
    assert after == before, f"The API has changed; write its description anew: {REGENERATE}"


def test_a_change_that_breaks_programs_is_found() -> None:
    before = json.loads(COPY.read_text())
    after = json.loads(COPY.read_text())
    del after["paths"]["/api/v1/notes"]["get"]
    del after["components"]["schemas"]["Note"]["properties"]["title"]
    after["paths"]["/api/v1/tags"]["get"]["parameters"].append({"name": "new", "in": "query", "required": True})
    expected = {"get /api/v1/notes is gone", "Note.title is gone", "get /api/v1/tags needs new"}
    assert set(breaks(before, after)) == expected


def test_the_page_describes_every_operation_with_files_of_our_own(app: Flask, client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/api/v1/docs").data, "html.parser")
    names = {rule.endpoint.rpartition(".")[2] for rule, _, _ in openapi.operations(app)}
    assert names <= {str(section["id"]) for section in page.find_all("section")}
    assert not page.find_all(["style"])
    assert not page.find_all(style=True)
    assert all(
        str(tag.get("src") or tag.get("href")).startswith("/") for tag in page.find_all(["script", "link", "img"])
    )
    anchors = [str(tag["href"])[1:] for tag in page.find_all("a", href=True) if str(tag["href"]).startswith("#")]
    assert all(page.find(id=anchor) for anchor in anchors)


def test_the_page_shows_words_in_backticks_as_code_and_nothing_as_markup(client: FlaskClient) -> None:
    page = BeautifulSoup(client.get("/api/v1/docs").data, "html.parser")
    assert "If-Match" in {code.get_text() for code in page.find_all("code")}
    assert "`" not in page.get_text()
    assert with_code("<b> `<i>`") == "&lt;b&gt; <code>&lt;i&gt;</code>"
