"""Makes the OpenAPI description of the API from its operations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from werkzeug.routing import Rule

from app.api.models import Problem
from app.api.operations import Operation
from app.web import access
from app.web.access import Access

ABOUT = """\
Everything in an account, for programs. Send a token as `Authorization: Bearer notes_…`; make one on the page of your
account. Lists come in pages: pass `next` of one page as `cursor` for the following one. A note's ETag is its version;
changing a note needs it in `If-Match`, so that nobody's change is lost. Errors are problem+json (RFC 9457).
"""
ARGUMENT = re.compile(r"<(?:(?P<id>id:)|path:)?(?P<name>\w+)>")
PROBLEM = "application/problem+json"
TOKEN = "token"  # noqa: S105  # the name of a way to come in
KEY = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"}
ETAG = {"type": "string", "pattern": '^"[0-9]+"$'}


class _Schema(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    found = list(operations(app))
    paths: dict[str, Any] = {}
    for rule, method, declared in found:
        paths.setdefault(_path(rule), {})[method.lower()] = _describe(app, rule, declared)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Notes", "version": "1", "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{TOKEN: []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {TOKEN: {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas([declared for _, _, declared in found]),
        },
    }


def operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    """Yield each operation with the rule and the method under which it is found."""
    for rule in app.url_map.iter_rules():
        declared = app.view_functions[rule.endpoint].__dict__.get("operation")
        if declared:
            yield rule, *sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}), declared


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\g<name>}", rule.rule)


def _describe(app: Flask, rule: Rule, declared: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": declared.summary,
        "parameters": list(_parameters(rule, declared)),
        "responses": {**_answers(declared), **_errors(app, rule, declared)},
    }
    if declared.about:
        described["description"] = declared.about
    if declared.body:
        content = {mimetype: {"schema": _reference(declared.body)} for mimetype in declared.accepts}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(rule: Rule, declared: Operation) -> Iterator[dict[str, Any]]:
    for argument in ARGUMENT.finditer(rule.rule):
        number = {"type": "integer", "minimum": 1, "maximum": 2**53 - 1}
        text = {"type": "string", "minLength": 1, "maxLength": 40, "pattern": r"^[\w+@-]+$"}
        schema = number if argument["id"] else text
        yield {"name": argument["name"], "in": "path", "required": True, "schema": schema}
    if declared.query:
        yield from _query(declared.query)
    if declared.if_match:
        yield _header("If-Match", ETAG, "The ETag of the version to change.", declared.if_match == "required")
    if declared.if_none_match:
        yield _header("If-None-Match", ETAG, "The ETag of the version that you have.")
    if declared.idempotency_key:
        yield _header("Idempotency-Key", KEY, "Sent again with the same key, a request changes nothing more.")


def _query(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    schema = model.model_json_schema(schema_generator=_Schema)
    for name, described in schema["properties"].items():
        # A parameter that is left out is left out; it cannot be null.
        kinds = [kind for kind in described.pop("anyOf", []) if kind != {"type": "null"}]
        about = described.pop("description", "")
        if described.get("default", 0) is None:
            del described["default"]
        yield {"name": name, "in": "query", "description": about, "schema": {**described, **(kinds or [{}])[0]}}


def _header(name: str, schema: dict[str, Any], about: str, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": required, "description": about, "schema": schema}


def _answers(declared: Operation) -> dict[str, Any]:
    return {str(status): _answer(declared, status, model) for status, model in declared.answers.items()}


def _answer(declared: Operation, status: int, model: type[BaseModel] | None) -> dict[str, Any]:
    described: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if model:
        described["content"] = {declared.produces: {"schema": _reference(model)}}
    if declared.links:
        described["links"] = {
            name: {"operationId": name, "parameters": dict(given)} for name, given in declared.links.items()
        }
    return described


def _errors(app: Flask, rule: Rule, declared: Operation) -> dict[str, Any]:
    statuses = {406, 429, 503}
    if access.declared(app, rule.endpoint) in {Access.READER, Access.WRITER}:
        statuses |= {400, 401, 403}
    if rule.arguments:
        statuses |= {404}
    if declared.query:
        statuses |= {422}
    if declared.body:
        statuses |= {400, 409, 413, 415, 422}
    if declared.if_match:
        statuses |= {412} | ({428} if declared.if_match == "required" else set())
    if declared.idempotency_key:
        statuses |= {404}
    problem = {PROBLEM: {"schema": _reference(Problem)}}
    found = {status: {"description": HTTPStatus(status).phrase, "content": problem} for status in sorted(statuses)}
    if declared.if_match and (model := declared.answers.get(200)):
        found[412]["content"] = {PROBLEM: {"schema": _moved(model)}}
    return {str(status): described for status, described in found.items()}


def _moved(model: type[BaseModel]) -> dict[str, Any]:
    return {
        "description": "The problem, and the note as it is now.",
        "type": "object",
        "required": ["type", "title", "status", "detail", "current"],
        "properties": {**{name: {} for name in ("type", "title", "status", "detail")}, "current": _reference(model)},
    }


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas(found: list[Operation]) -> dict[str, Any]:
    sent = {declared.body for declared in found if declared.body}
    answered = {model for declared in found for model in declared.answers.values() if model} | {Problem}
    _, schemas = models_json_schema(
        [(model, "validation") for model in sent] + [(model, "serialization") for model in answered],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schema,
    )
    return dict(sorted(schemas["$defs"].items()))
