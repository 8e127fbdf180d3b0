"""The shapes that every API of the application shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """The base of everything that is answered."""

    model_config = ConfigDict(extra="forbid")


class FieldFault(Answer):
    field: str = Field(description="The name of the field, with dots into what it holds.")
    message: str


class Problem(Answer):
    """What went wrong, as RFC 9457 says it."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = Field(default=[], description="The fields at fault.")
