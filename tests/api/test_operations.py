"""The description suffices without the code: what each operation has to say of itself.

`gaps` names what is missing; every rule of it is tried on a description from which the thing has been taken out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app import idempotency
from app.api import openapi
from app.api.models import Problem
from app.notes.api_models import StaleProblem
from app.web import access
from app.web.access import Access

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"
Operation = dict[str, Any]
SENTENCES = {
    Access.READER: "Needs a token with the scope `read`.",
    Access.WRITER: "Needs a token with the scope `write`.",
    Access.PUBLIC: "Needs no token.",
}
HEADERS = {"401": {"WWW-Authenticate"}, "412": {"ETag"}, "429": {"Retry-After"}, "503": {"Retry-After"}}
SAYS_NOTHING = {"Done.", "Created.", "OK"}
# Which operations list, find, count or hand out notes: each says what becomes of archived ones.
ABOUT_PLACES = {
    "list_notes",
    "get_note",
    "list_tasks",
    "list_tags",
    "rename_tag",
    "list_changes",
    "export_notes",
}
WITH_ALL_OTHERS = {"limit", "cursor"}
# The value is one that an answer gave.
OPAQUE = {"cursor", "changed_since"}
BOUNDS = {"maxLength", "maxItems", "maximum", "enum", "const", "format", "pattern", "$ref"}


@pytest.fixture
def document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(COPY.read_text())
    return document


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for methods in document["paths"].values():
        yield from methods.values()


def gaps(document: dict[str, Any]) -> list[str]:
    """Return what a reader of the description has to look up in the code."""
    found = [
        f"{operation['operationId']}: {gap}"
        for operation in operations(document)
        for rule in (_gaps_of_description, _gaps_of_responses, _gaps_of_parameters)
        for gap in rule(operation)
    ]
    return found + [f"{name}: no limit" for name in _unlimited(document)]


def _gaps_of_description(operation: Operation) -> Iterator[str]:
    own, _, last = operation["description"].rpartition("\n\n")
    names = [one["name"] for one in operation["parameters"] if one["in"] == "query"]
    if not own or last not in SENTENCES.values():
        yield "description and scope"
    if "limit" in names and not re.search(r"\b(first|order|oldest)\b", own):
        yield "order"
    if operation["operationId"] in ABOUT_PLACES and not re.search("[Aa]rchive|three places", own):
        yield "the archive"
    filters = [name for name in names if name not in WITH_ALL_OTHERS]
    if len(filters) > 1:
        yield from (f"what `{name}` goes with" for name in filters if name not in own)


def _gaps_of_responses(operation: Operation) -> Iterator[str]:
    for status, response in operation["responses"].items():
        if response["description"] in SAYS_NOTHING:
            yield f"when {status} comes"
        contents = response.get("content", {}).values()
        if any(not content.keys() & {"example", "examples"} for content in contents):
            yield f"example of {status}"
        for name in _headers(status, contents) - response.get("headers", {}).keys():
            yield f"{name} of {status}"


def _gaps_of_parameters(operation: Operation) -> Iterator[str]:
    for one in operation["parameters"]:
        if one["name"] == "If-Match" and "`*` is refused" not in one["description"]:
            yield "If-Match: *"


def _headers(status: str, contents: Any) -> set[str]:
    """Return the names of headers that this answer has."""
    examples = [content.get("example") for content in contents]
    of_note = any(isinstance(example, dict) and {"id", "version", "body"} <= example.keys() for example in examples)
    created = status == "201" and any(isinstance(example, dict) and "id" in example for example in examples)
    return HEADERS.get(status, set()) | ({"ETag"} if of_note else set()) | ({"Location"} if created else set())


def _unlimited(document: dict[str, Any]) -> Iterator[str]:
    """Yield parameters and fields that are sent and of which nothing says how long or how many they may be."""
    for operation in operations(document):
        for one in operation["parameters"]:
            if one["name"] not in OPAQUE and not _is_limited(one["schema"], one["description"]):
                yield f"{operation['operationId']} {one['name']}"
    sent = {
        schema["$ref"].rpartition("/")[2]
        for operation in operations(document)
        for content in [operation.get("requestBody", {}).get("content", {})]
        for schema in [media["schema"] for media in content.values()]
        if "$ref" in schema  # the bytes of a file have their limit in words
    } | {name for name in document["components"]["schemas"] if name.startswith("Batch") and "Result" not in name}
    for name in sorted(sent):
        for field, schema in document["components"]["schemas"][name]["properties"].items():
            if not _is_limited(schema, schema.get("description", "")):
                yield f"{name}.{field}"


def _is_limited(schema: dict[str, Any], description: str) -> bool:
    kinds = schema.get("anyOf", [schema])
    return "at most" in description.lower() or all(
        one.get("type") in {"boolean", "null"} or one.keys() & BOUNDS or (schema.keys() & BOUNDS) for one in kinds
    )


def test_every_operation_says_all_that_a_program_needs(document: dict[str, Any]) -> None:
    assert gaps(document) == []


def _change(change: Callable[[Any], Any], *path: str) -> Callable[[dict[str, Any]], None]:
    """Return what replaces the value at a path of the description; None takes it out."""

    def apply(document: dict[str, Any]) -> None:
        at: Any = document
        for name in path[:-1]:
            at = at[int(name) if isinstance(at, list) else name]
        at[path[-1]] = change(at[path[-1]])

    return apply


def _empty(*path: str) -> Callable[[dict[str, Any]], None]:
    return _change(lambda _: {}, *path)


def _without(words: str, *path: str) -> Callable[[dict[str, Any]], None]:
    return _change(lambda text: text.replace(words, ""), *path)


NOTES, NOTE = ("paths", "/api/v1/notes"), ("paths", "/api/v1/notes/{note_id}")
PLANTED = {
    "list_notes: description and scope": _without(SENTENCES[Access.READER], *NOTES, "get", "description"),
    "get_note: when 200 comes": _change(lambda _: "Done.", *NOTE, "get", "responses", "200", "description"),
    "get_note: example of 404": _empty(*NOTE, "get", "responses", "404", "content", "application/problem+json"),
    "get_note: ETag of 200": _empty(*NOTE, "get", "responses", "200", "headers"),
    "create_note: Location of 201": _empty(*NOTES, "post", "responses", "201", "headers"),
    "patch_note: Retry-After of 429": _empty(*NOTE, "patch", "responses", "429", "headers"),
    "list_notes: what `sort` goes with": _without("sort", *NOTES, "get", "description"),
    "list_notes: the archive": _without("archive", *NOTES, "get", "description"),
    "list_trash: order": _without("first", "paths", "/api/v1/trash", "get", "description"),
    "delete_note: If-Match: *": _without("`*` is refused", *NOTE, "delete", "parameters", "1", "description"),
    "create_note Idempotency-Key: no limit": _empty(*NOTES, "post", "parameters", "0", "schema"),
    "TagName.name: no limit": _empty("components", "schemas", "TagName", "properties", "name"),
}


@pytest.mark.parametrize("gap", PLANTED)
def test_what_is_taken_out_of_the_description_is_missed(document: dict[str, Any], gap: str) -> None:
    assert gap not in gaps(document)
    PLANTED[gap](document)
    assert gap in gaps(document)


def test_the_scope_of_each_operation_is_the_one_that_its_route_asks_for(app: Flask, document: dict[str, Any]) -> None:
    said = {one["operationId"]: one["description"].rpartition("\n\n")[2] for one in operations(document)}
    assert said == {
        rule.endpoint.rpartition(".")[2]: SENTENCES[access.find_access(app, rule.endpoint) or Access.PUBLIC]
        for rule, _, _ in openapi.operations(app)
    }


def test_every_example_of_an_error_is_one_that_is_answered(document: dict[str, Any]) -> None:
    for operation in operations(document):
        for status, response in operation["responses"].items():
            if status >= "400":
                [content] = response["content"].values()
                [reference] = [one["$ref"].rpartition("/")[2] for one in content["examples"].values()]
                value = document["components"]["examples"][reference]["value"]
                model = StaleProblem if content["schema"]["$ref"].endswith("StaleProblem") else Problem
                assert str(model.model_validate_json(json.dumps(value)).status) == status


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(st.text(st.characters(max_codepoint=255), max_size=66) | st.text(" !~a", min_size=60, max_size=70))
@example("0\n")
def test_the_pattern_of_a_key_allows_what_the_server_takes(text: str) -> None:
    stripped = text.strip(" \t")  # as every server takes a header
    described = openapi.KEY
    # The pattern is anchored. JSON Schema's patterns are ECMA-262's, whose $ stands before no last end of a line.
    is_allowed = re.fullmatch(str(described["pattern"]), stripped) is not None and len(stripped) <= 64
    assert is_allowed == idempotency.is_key(stripped)
