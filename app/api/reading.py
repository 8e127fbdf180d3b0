"""Reads what a program sends: bodies and queries into models that know every field, and versions out of If-Match."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from flask import request
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from werkzeug.exceptions import PreconditionRequired, UnsupportedMediaType

from app.errors import Invalid, Malformed

M = TypeVar("M", bound=BaseModel)
FAULTS_SHOWN = 20
NUMBER = re.compile(r"[0-9]{1,18}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Fields(BaseModel):
    """The base of everything that is sent: unknown fields are refused, and nothing is guessed from a wrong type."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False, frozen=True)


# --- Bodies ------------------------------------------------------------------------------------------------------


def body(model: type[M], accepted: Sequence[str]) -> M:
    """Return the body as `model`. Raises Malformed, Invalid, and what werkzeug raises for what is no JSON of ours."""
    if request.mimetype not in accepted or request.mimetype_params.get("charset", "utf-8").lower() != "utf-8":
        raise UnsupportedMediaType(f"Send this as {' or '.join(accepted)} in UTF-8.")
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send this without compression.")
    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> Malformed | Invalid:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    if faults[0]["type"] == "json_invalid":
        return Malformed(f"The body is no JSON. {faults[0]['msg']}")
    return Invalid({_name(fault["loc"]): _sentence(fault) for fault in faults[:FAULTS_SHOWN]})


def _name(where: Iterable[int | str]) -> str:
    # A name that was sent may be anything, even very long.
    return ".".join(str(part)[:80] for part in where) or "body"


def _sentence(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "There is no such field."
    return f"{fault['msg']}."


# --- Queries -----------------------------------------------------------------------------------------------------


def query(model: type[M]) -> M:
    """Return the query as `model`. Raises Invalid."""
    if not request.query_string:
        return cast("M", _without_a_query(model))
    given = request.args.to_dict(flat=False)
    for name, values in given.items():
        if len(values) > 1:
            raise Invalid({_name([name]): "Give this once."})
    return _validated(model, {name: values[0] for name, values in given.items()})


@cache
def _without_a_query(model: type[BaseModel]) -> BaseModel:
    return _validated(model, {})


def _validated(model: type[M], given: dict[str, str]) -> M:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _refusal(error) from None


def _boolean(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and NUMBER.fullmatch(text) else text


def _day(text: Any) -> Any:
    try:
        return date.fromisoformat(text) if isinstance(text, str) and DAY.fullmatch(text) else text
    except ValueError:
        return text


# A query holds nothing but text; these read it as JSON would write it.
Boolean = Annotated[bool, BeforeValidator(_boolean)]
Number = Annotated[int, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(_day)]


# --- Preconditions -----------------------------------------------------------------------------------------------


def versions(*, required: bool) -> Collection[int] | None:
    """Return the versions that If-Match admits, None for any. Raises PreconditionRequired without the header."""
    if "If-Match" not in request.headers:
        if required:
            raise PreconditionRequired("Send If-Match with the ETag of the version that you have seen.")
        return None
    tags = request.if_match
    if tags.star_tag:
        return None
    return {int(tag) for tag in tags.as_set() if NUMBER.fullmatch(tag or "")}
