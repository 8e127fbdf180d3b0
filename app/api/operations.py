"""An operation of the API: what its view declares is what is checked, and what the documentation says."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import request
from pydantic import BaseModel
from werkzeug.exceptions import NotAcceptable

from app.api import reading

View = TypeVar("View", bound=Callable[..., Any])
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
NDJSON = "application/x-ndjson"


@dataclass(frozen=True, slots=True)
class Operation:
    """`answers` maps a status to the model of its body, None for none; `if_match` is required, optional or None."""

    summary: str
    answers: Mapping[int, type[BaseModel] | None]
    about: str = ""
    query: type[BaseModel] | None = None
    body: type[BaseModel] | None = None
    accepts: Sequence[str] = (JSON,)
    produces: str = JSON
    if_match: str | None = None
    if_none_match: bool = False
    idempotency_key: bool = False
    links: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def operation(summary: str, answers: Mapping[int, type[BaseModel] | None], **more: Any) -> Callable[[View], View]:
    """Declare a view; it is called with `query` and `body`, as far as it has them, and `versions` for If-Match."""
    declared = Operation(summary, answers, **more)

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def called(**arguments: Any) -> Any:
            _check_accept(declared.produces)
            if declared.if_match:
                arguments["versions"] = reading.versions(required=declared.if_match == "required")
            if declared.query:
                arguments["query"] = reading.query(declared.query)
            if declared.body:
                arguments["body"] = reading.body(declared.body, declared.accepts)
            return view(**arguments)

        called.__dict__["operation"] = declared
        return called  # type: ignore[return-value]  # Flask calls it with the arguments of the address

    return decorate


def _check_accept(produces: str) -> None:
    if request.environ.get("HTTP_ACCEPT", "*/*") != "*/*" and not request.accept_mimetypes.quality(produces):
        raise NotAcceptable(f"This is available as {produces} only.")
