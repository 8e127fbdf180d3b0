"""The description of the API: a copy, so that a change that breaks programs is seen, and a page for people."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient
from pydantic import BaseModel

from app.api import openapi
from app.api.models import Answer, Fields
from app.api.views import with_code

SHOWN = {"description", "summary", "pattern", "maxLength", "maximum", "maxItems", "title", "detail"}
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


def test_everything_is_described_with_an_example(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    missing = [
        f"{method} {path} {what}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        for what in undescribed(operation)
    ]
    fields = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, described in schema["properties"].items()
        if not described.get("description")
    ]
    assert missing + fields == []


def undescribed(operation: dict[str, Any]) -> Iterator[str]:
    if not (operation.get("summary") and operation.get("description") and operation.get("tags")):
        yield "summary, description, tags"
    for parameter in operation["parameters"]:
        if not (parameter["description"] and "example" in parameter):
            yield parameter["name"]
    contents = [operation.get("requestBody", {}).get("content", {})]
    contents += [answer.get("content", {}) for status, answer in operation["responses"].items() if status < "300"]
    for content in contents:
        if any("example" not in media for media in content.values()):
            yield "an example"


def test_every_example_is_one_of_its_shape() -> None:
    models = [one for kind in (Answer, Fields) for one in subclasses(kind) if "json_schema_extra" in one.model_config]
    assert len(models) > 20
    for model in models:
        extra: Any = model.model_config["json_schema_extra"]
        model.model_validate_json(json.dumps(extra["examples"][0]))


def subclasses(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield from (one, *subclasses(one))


def test_every_status_that_is_answered_says_when(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    phrases = {status.phrase for status in HTTPStatus}  # they differ from Python to Python
    for methods in document["paths"].values():
        for operation in methods.values():
            assert not phrases & {answer["description"] for answer in operation["responses"].values()}


@pytest.mark.parametrize("features", ["notes", "entries", "notes,entries"])
def test_a_process_describes_what_it_serves(make_app: Callable[..., Flask], features: str) -> None:
    client = make_app(FEATURES=features).test_client()
    document = client.get("/api/v1/openapi.json").get_json()
    served = {feature for path in document["paths"] for feature in ("notes", "entries") if f"/v1/{feature}" in path}
    assert served == set(features.split(","))
    assert {tag["name"] for tag in document["tags"]} == {
        tag for methods in document["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    assert ("/api/v1/entries" in page.text) == ("entries" in features)


def test_the_page_has_everything_that_the_description_has(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    shown = " ".join(BeautifulSoup(client.get("/api/v1/docs").data, "html.parser").get_text().split())
    texts = [text for text in said(document) if " ".join(text.replace("`", "").split()) not in shown]
    assert texts == []


def said(value: Any) -> Iterator[str]:
    """Yield every description, summary, pattern, bound and error of the document."""
    if isinstance(value, list):
        for one in value:
            yield from said(one)
    if isinstance(value, dict):
        for name, one in value.items():
            if name in SHOWN and isinstance(one, str | int):
                yield from str(one).split("\n\n")
            yield from said(one)


@pytest.mark.slow
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
