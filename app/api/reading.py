"""Reads what a program sends: bodies and queries into models that know every field, and versions out of If-Match."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Annotated, Any, TypeVar, cast

from flask import request
from pydantic import BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError
from werkzeug.exceptions import PreconditionRequired, UnsupportedMediaType

from app.api import etags
from app.errors import Invalid, Malformed

M = TypeVar("M", bound=BaseModel)
MOST_ERRORS = 20
NUMBER = re.compile(r"[0-9]{1,18}")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


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
        raise _app_error(error) from None


def _app_error(error: ValidationError) -> Malformed | Invalid:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if errors[0]["type"] == "json_invalid":
        return Malformed(f"The body is no JSON. {errors[0]['msg']}")
    return Invalid({_field_name(one["loc"]): _sentence(one) for one in errors[:MOST_ERRORS]})


def _field_name(location: Iterable[int | str]) -> str:
    # A name that was sent may be anything, even very long.
    return ".".join(str(part)[:80] for part in location) or "body"


def _sentence(error: Any) -> str:
    if error["type"] == "extra_forbidden":
        return "There is no such field."
    return f"{error['msg']}."


# --- Queries -----------------------------------------------------------------------------------------------------


def query(model: type[M]) -> M:
    """Return the query as `model`. Raises Invalid."""
    if not request.query_string:
        return cast("M", _empty_query(model))
    parameters = request.args.to_dict(flat=False)
    for name, values in parameters.items():
        if len(values) > 1:
            raise Invalid({_field_name([name]): "Give this once."})
    return _validate(model, {name: values[0] for name, values in parameters.items()})


@cache
def _empty_query(model: type[BaseModel]) -> BaseModel:
    return _validate(model, {})


def _validate(model: type[M], parameters: dict[str, str]) -> M:
    try:
        return model.model_validate(parameters)
    except ValidationError as error:
        raise _app_error(error) from None


def _to_boolean(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _to_number(text: Any) -> Any:
    return int(text) if isinstance(text, str) and NUMBER.fullmatch(text) else text


def _to_date(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    # Pydantic's own reading takes "86400" for a second in 1970.
    raise PydanticCustomError("date_format", "Write a day of the calendar as YYYY-MM-DD")


# A query holds nothing but text; the first two read it as JSON would write it.
Boolean = Annotated[bool, BeforeValidator(_to_boolean)]
Number = Annotated[int, BeforeValidator(_to_number)]
Date = Annotated[date, BeforeValidator(_to_date)]


# --- Preconditions -----------------------------------------------------------------------------------------------


def if_match(*, required: bool) -> set[int] | None:
    """Return the versions that If-Match names, None without the header.

    Raises Malformed for a header without an ETag, and PreconditionRequired for `*`, which names no version: whoever
    sends it overwrites what they have not seen.
    """
    header = request.headers.get("If-Match")
    if header is None and not required:
        return None
    if header is None or header.strip() == "*":
        raise PreconditionRequired("Send If-Match with the ETag of the version that you have seen.")
    if not etags.is_list(header):
        raise Malformed('An ETag stands in quotes, as it was answered: If-Match: "3".')
    return etags.versions(header)


def idempotency_key() -> str | None:
    return request.headers.get("Idempotency-Key")
