"""Makes the OpenAPI description of the API from its operations, as far as this process serves them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema
from werkzeug.routing import Rule

from app.api import etags
from app.api.models import Answer, Fields, Problem
from app.api.operations import BYTES, JSON, Operation
from app.errors import Conflict, NotFound, TokenNeeded, TooMany, Unavailable
from app.version import VERSION
from app.web import access
from app.web.access import Access
from app.web.error_responses import MESSAGES, TITLES

DESCRIPTION = """\
Send and receive JSON. An unknown field and a value of another type are refused (422); so is an unknown or repeated
parameter, where an operation has parameters in the query.
Lists are answered as `items` and `next`: send `next` of one page as `cursor`, with the same parameters, for the
following one; at the end it is null. Errors are problem+json (RFC 9457); `errors` is there with 422 only.

Operations that ask for a token take it as `Authorization: Bearer notes_…`; make one on the page of your account. With
the scope `read` it may call what asks for `read`, with the scope `write` everything.
"""
ARGUMENT = re.compile(r"<(?:id:|path:)?(?P<name>\w+)>")
PROBLEM = "application/problem+json"
TOKEN = "token"  # noqa: S105  # the name of a way to come in

BINARY = {BYTES: {"schema": {"type": "string", "format": "binary"}, "example": "the bytes of a file"}}

# A key as a header holds it: spaces around it are no part of it.
KEY = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]([ -~]*[!-~])?$"}
ETAG = {"type": "string", "pattern": f"^{etags.ETAG}$"}
IF_MATCH = {"type": "string", "pattern": rf"^{etags.ETAG_ON_THE_WAY}(\s*,\s*{etags.ETAG_ON_THE_WAY})*$"}

NOT_MODIFIED = "You have this version already (`If-None-Match`)."
# When an error comes, where neither the operation nor `_when` has more to say.
ERRORS = {
    401: "There is no token, or it is unknown, revoked or has expired.",
    404: "It is not there, or not yours.",
    406: "`Accept` excludes the type that this operation answers.",
    409: "It is being changed by too many at once, and nothing was done; send it again.",
    412: "The note is at none of the versions in `If-Match`; nothing was done. `current` is the note as it is.",
    415: "The body is of another type or charset, or compressed.",
    503: (
        "The database does not answer, or the site is closed or takes no changes for a while; `Retry-After` is the"
        " number of seconds to wait."
    ),
}
# What `detail` of an example says.
DETAILS = {
    400: "The body is no JSON. EOF while parsing an object at line 1 column 9",
    401: TokenNeeded.message,
    403: "This token may only read.",
    404: NotFound.message,
    406: f"This is available as {JSON} only.",
    409: Conflict.message,
    413: MESSAGES[413],
    415: f"Send this as {JSON} in UTF-8.",
    428: "Send If-Match with the ETag of the version that you have seen.",
    429: TooMany.work(300).message,
    503: Unavailable.message,
}
HEADERS = {
    "ETag": ("The version of the note, to be sent in `If-Match`.", ETAG, '"3"'),
    "Location": ("The address of what was created.", {"type": "string", "format": "uri-reference"}, None),
    "Retry-After": ("Seconds to wait before trying again.", {"type": "integer", "minimum": 1}, 5),
    "WWW-Authenticate": ("How to come in.", {"type": "string", "const": "Bearer"}, "Bearer"),
}


class _Schema(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # called by pydantic
        return False


def document(app: Flask) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document."""
    described = list(operations(app))
    sections = {operation.section.name: operation.section.description for _, _, operation in described}
    paths: dict[str, Any] = {}
    for rule, method, operation in described:
        paths.setdefault(_path(rule), {})[method.lower()] = _operation(app, rule, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": app.jinja_env.globals["site"],
            "version": VERSION,
            "description": DESCRIPTION,
            "contact": {"name": "Whoever runs this instance"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": sections[name]} for name in sorted(sections)],
        "paths": dict(sorted(paths.items())),
        "components": {
            "securitySchemes": {
                TOKEN: {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token of an account, in the header `Authorization`.",
                }
            },
            "schemas": _schemas([operation for _, _, operation in described]),
            "examples": _error_examples([operation for _, _, operation in described]),
        },
    }


def operations(app: Flask) -> Iterator[tuple[Rule, str, Operation]]:
    """Yield each operation with its rule and its method."""
    for rule in app.url_map.iter_rules():
        operation = app.view_functions[rule.endpoint].__dict__.get("operation")
        if operation:
            yield rule, *sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}), operation


def _path(rule: Rule) -> str:
    return ARGUMENT.sub(r"{\g<name>}", rule.rule)


def _operation(app: Flask, rule: Rule, operation: Operation) -> dict[str, Any]:
    scope = _scope(app, rule)
    described: dict[str, Any] = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "tags": [operation.section.name],
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{_access_sentence(scope)}",
        "security": [{TOKEN: []}] if scope else [],
        "parameters": list(_parameters(rule, operation)),
        "responses": {**_successes(operation), **_errors(app, rule, operation)},
    }
    if operation.sends_bytes:
        described["requestBody"] = {"required": True, "content": BINARY}
    if operation.body:
        # One type, although others are taken: a client that is generated from two has two ways to send one body.
        described["requestBody"] = {"required": True, "content": _content(operation.body, operation.accepts[0])}
    return described


def _scope(app: Flask, rule: Rule) -> str | None:
    """Return the scope that a token needs here, None if the operation needs no token."""
    return {Access.READER: "read", Access.WRITER: "write"}.get(access.find_access(app, rule.endpoint) or Access.PUBLIC)


def _access_sentence(scope: str | None) -> str:
    return f"Needs a token with the scope `{scope}`." if scope else "Needs no token."


# --- Parameters --------------------------------------------------------------------------------------------------


def _parameters(rule: Rule, operation: Operation) -> Iterator[dict[str, Any]]:
    for argument in ARGUMENT.finditer(rule.rule):
        name = argument["name"]
        yield {"name": name, "in": "path", "required": True, **operation.section.arguments[name]._asdict()}
    if operation.query:
        yield from _query(operation.query)
    if operation.if_match:
        needed = operation.if_match == "required"
        about = (
            "The ETag of the version that you have seen, or several; one that compression has altered will do."
            " `*` is refused (428)."
        )
        yield _header("If-Match", IF_MATCH, about, '"3"', needed)
    if operation.if_none_match:
        yield _header("If-None-Match", IF_MATCH, "The ETag of the version that you have.", '"3"')
    if operation.idempotency_key:
        about = "A name for this intent, chosen by you. Sent again with the same key, the request creates nothing more."
        yield _header("Idempotency-Key", KEY, about, "2f1c6d1e-first-note")


def _query(model: type[BaseModel]) -> Iterator[dict[str, Any]]:
    for name, schema in model.model_json_schema(schema_generator=_Schema)["properties"].items():
        # A parameter that is left out is left out; it cannot be null.
        kinds = [kind for kind in schema.pop("anyOf", []) if kind != {"type": "null"}]
        about, [example] = schema.pop("description"), schema.pop("examples")
        if schema.get("default", 0) is None:
            del schema["default"]
        yield {
            "name": name,
            "in": "query",
            "description": about,
            "schema": {**schema, **(kinds or [{}])[0]},
            "example": example,
        }


def _header(name: str, schema: dict[str, Any], about: str, example: str, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": about,
        "schema": schema,
        "example": example,
    }


# --- Answers -----------------------------------------------------------------------------------------------------


def _successes(operation: Operation) -> dict[str, Any]:
    return {str(status): _success(operation, status, model) for status, model in operation.answers.items()}


def _success(operation: Operation, status: int, model: type[Answer] | None) -> dict[str, Any]:
    names = [name for name, has in (("ETag", operation.etag), ("Location", operation.location)) if has]
    when = NOT_MODIFIED if status == HTTPStatus.NOT_MODIFIED else operation.result
    response: dict[str, Any] = {"description": when} | _headers(*names)
    if model:
        response["content"] = _content(model, operation.produces)
    elif operation.produces == BYTES and status == HTTPStatus.OK:
        response["content"] = BINARY
    if operation.links:
        response["links"] = {
            name: {"operationId": name, "parameters": dict(parameters)} for name, parameters in operation.links.items()
        }
    return response


def _errors(app: Flask, rule: Rule, operation: Operation) -> dict[str, Any]:
    scope = _scope(app, rule)
    statuses = {406, 429, 503, *operation.errors, *operation.problems}
    if scope:
        statuses |= {400, 401, 403}
    if rule.arguments:
        statuses |= {404}
    if operation.query:
        statuses |= {422}
    if operation.body:
        statuses |= {400, 413, 415, 422}
    if operation.if_match:
        statuses |= {400, 412, 428}
    if operation.idempotency_key:
        statuses |= {422}
    largest = app.config["MAX_CONTENT_LENGTH"] // 1024**2
    when = ERRORS | _when(scope, operation, largest) | dict(operation.errors)
    return {str(status): _error(operation, status, when[status]) for status in sorted(statuses)}


def _when(scope: str | None, operation: Operation, largest: int) -> dict[int, str]:
    """Return when those errors come that depend on what the operation reads; `largest` is that of a body, in MiB."""
    unreadable = {
        "the body is no JSON": operation.body,
        "`If-Match` holds no ETag": operation.if_match,
        "something that looks like a token stands in the address": scope,
    }
    breaks = {"a field": operation.body, "a parameter": operation.query, "the key": operation.idempotency_key}
    return {
        400: f"The request cannot be read: {_either(unreadable)}.",
        403: ("The token has the scope `read` only, or the" if scope == "write" else "The") + " account is suspended.",
        413: f"The body is larger than {largest} MiB.",
        429: f"{_too_many(scope)}; `Retry-After` is the number of seconds to wait.",
        422: f"Refused, because {_either(breaks)} breaks a rule; `errors` names each.",
        428: ("`If-Match` is missing, or" if operation.if_match == "required" else "`If-Match`")
        + " is `*`, which names no version.",
    }


def _too_many(scope: str | None) -> str:
    if not scope:
        return "Too many requests from one address"
    # Where no operation takes a token, there is perhaps no SQL database, and SQLAlchemy is not loaded.
    from app import work_limits  # noqa: PLC0415

    return (
        "Too many requests from one address, or the server has worked"
        f" {work_limits.LIMIT // 1000} seconds for the account within fifteen minutes"
    )


def _either(conditions: Mapping[str, object]) -> str:
    return " or ".join(words for words, is_so in conditions.items() if is_so)


def _error(operation: Operation, status: int, when: str) -> dict[str, Any]:
    names = {401: "WWW-Authenticate", 412: "ETag", 429: "Retry-After", 503: "Retry-After"}
    model = operation.problems.get(status, Problem)
    examples = {"problem": {"$ref": f"#/components/examples/{_example_name(status, model)}"}}
    content = {PROBLEM: {"schema": _reference(model), "examples": examples}}
    return {"description": when} | _headers(*names.get(status, "").split()) | {"content": content}


def _example_name(status: int, model: type[Problem]) -> str:
    return f"{model.__name__}{status}"


def _error_examples(described: list[Operation]) -> dict[str, Any]:
    """Return an example of each error, to which the operations refer."""
    examples = {_example_name(status, Problem): _problem(status) for status in DETAILS}
    models = {(422, Problem)} | {pair for operation in described for pair in operation.problems.items()}
    examples |= {_example_name(status, model): _example(model) for status, model in models}
    return {name: {"value": value} for name, value in sorted(examples.items())}


def _problem(status: int) -> dict[str, Any]:
    return {"type": "about:blank", "title": TITLES[status], "status": status, "detail": DETAILS[status]}


def _headers(*names: str) -> dict[str, Any]:
    """Return the part of a response that describes these headers; nothing for none."""
    described = {}
    for name in names:
        about, schema, example = HEADERS[name]
        described[name] = {"description": about, "schema": schema} | ({"example": example} if example else {})
    return {"headers": described} if described else {}


def _content(model: type[Answer | Fields], media_type: str) -> dict[str, Any]:
    return {media_type: {"schema": _reference(model), "example": _example(model)}}


def _example(model: type[BaseModel]) -> Any:
    extra: Any = model.model_config["json_schema_extra"]
    return extra["examples"][0]


def _reference(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _schemas(described: list[Operation]) -> Mapping[str, Any]:
    bodies = {operation.body for operation in described if operation.body}
    answers = {model for operation in described for model in operation.answers.values() if model} | {Problem}
    answers |= {model for operation in described for model in operation.problems.values()}
    _, schemas = models_json_schema(
        [(model, "validation") for model in bodies] + [(model, "serialization") for model in answers],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Schema,
    )
    return dict(sorted(schemas["$defs"].items()))
