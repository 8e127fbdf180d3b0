"""An operation of the API: what its view declares is what is checked, and what the documentation says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from flask import request
from werkzeug.exceptions import NotAcceptable

from app.api import reading
from app.api.models import Answer, Fields, Problem
from app.errors import Invalid

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
NDJSON = "application/x-ndjson"
BYTES = "application/octet-stream"


class Argument(NamedTuple):
    """A variable part of an address."""

    description: str
    example: int | str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Section:
    """Operations about one thing; `arguments` describes each variable part of their addresses."""

    name: str
    description: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """What is declared about an operation, beside the address and the access that its route declares.

    `answers` maps a status to the model of its body, None for none; `result` says what an answer of success means.
    `errors` maps a status to the sentence on when it comes, where that is not the same for all operations; `problems`
    to its shape, where that is more than a Problem's.
    The first type of `accepts` is the one that is documented. `if_match` is required, optional or None. `etag` and
    `location` are headers of the answers of success. With `sends_bytes` the view reads the body, which is a file.
    """

    summary: str
    answers: Mapping[int, type[Answer] | None]
    section: Section
    description: str
    result: str
    query: type[Fields] | None = None
    body: type[Fields] | None = None
    accepts: Sequence[str] = (JSON,)
    sends_bytes: bool = False
    produces: str = JSON
    if_match: str | None = None
    if_none_match: bool = False
    idempotency_key: bool = False
    etag: bool = False
    location: bool = False
    errors: Mapping[int, str] = field(default_factory=dict)
    problems: Mapping[int, type[Problem]] = field(default_factory=dict)
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def operation(
    summary: str,
    answers: Mapping[int, type[Answer] | None],
    *,
    section: Section,
    description: str,
    result: str,
    **more: Any,
) -> Callable[[View], View]:
    """Declare a view, which is called with what it declares: `query`, `body`, `key`, and `versions` for If-Match."""
    declared = Operation(summary, answers, section, description, result, **more)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def call(**arguments: Any) -> Any:
            _check_accept(declared.produces)
            arguments |= _read(declared)
            try:
                return view(**arguments)
            except Invalid as error:
                if declared.idempotency_key and "key" in error.fields:
                    raise Invalid({"Idempotency-Key": error.fields["key"]}) from None
                raise

        call.__dict__["operation"] = declared
        return call  # type: ignore[return-value]  # Flask calls it with the arguments of the address

    return decorate


def _read(declared: Operation) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if declared.if_match:
        arguments["versions"] = reading.if_match(required=declared.if_match == "required")
    if declared.query:
        arguments["query"] = reading.query(declared.query)
    if declared.body:
        arguments["body"] = reading.body(declared.body, declared.accepts)
    if declared.idempotency_key:
        arguments["key"] = reading.idempotency_key()
    return arguments


def _check_accept(produces: str) -> None:
    if request.environ.get("HTTP_ACCEPT", "*/*") != "*/*" and not request.accept_mimetypes.quality(produces):
        raise NotAcceptable(f"This is available as {produces} only.")
