"""The shapes that every API of the application shares."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


def example(value: dict[str, Any]) -> ConfigDict:
    """Return the configuration of a model with an example; all else is as in its base."""
    return ConfigDict(json_schema_extra={"examples": [value]})


class Fields(BaseModel):
    """The base of everything that is sent: unknown fields are refused, and nothing is guessed from a wrong type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Answer(BaseModel):
    """The base of everything that is answered."""

    model_config = ConfigDict(extra="forbid")


class FieldError(Answer):
    field: str = Field(description="The name of the field, with dots into what it holds.")
    message: str = Field(description="What is wrong with it, as a sentence.")


class Problem(Answer):
    """What went wrong, as RFC 9457 says it."""

    model_config = example(
        {
            "type": "about:blank",
            "title": "That cannot be used",
            "status": 422,
            "detail": "There is no such field.",
            "errors": [{"field": "titel", "message": "There is no such field."}],
        }
    )

    type: str = Field(description="Always `about:blank`: the kind of problem is the status.")
    title: str = Field(description="The kind of problem, the same for each one of this status.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong with this request, as a sentence.")
    errors: list[FieldError] = Field(default=[], description="The fields at fault, at most 20.")
