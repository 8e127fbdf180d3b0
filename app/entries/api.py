"""Entries as JSON for programs, under /api/v1/entries; as public as the page is.

It takes JSON only, which no form of another site can send, and no cookie opens anything here: so no CSRF token.
"""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from app.api.answers import answer
from app.api.models import Answer, Fields, example
from app.api.operations import Section, operation
from app.api.reading import Number
from app.entries import service, store
from app.entries.service import LARGEST_PAGE, LONGEST_USERNAME, NUMBER_RULE, PAGE, PER_ADDRESS, USERNAME_RULE
from app.entries.store import LIMIT_MINUTES
from app.errors import Invalid, NotFound
from app.web.access import public
from app.web.cookies import csrf

blueprint = Blueprint("entries_api", __name__, url_prefix="/api/v1/entries")
csrf.exempt(blueprint)

LARGEST_BODY = 8 * 1024  # bytes

ENTRIES = Section(
    "Entries", "A username and eight digits, which anybody may send and everybody may read, without a token."
)


ENTRY_EXAMPLE = {
    "username": "dora",
    "number": "00123456",
    "timestamp": "2026-05-01T09:30:00.123456Z-0123456789abcdef",
}


class NewEntry(Fields):
    model_config = example({"username": "dora", "number": "00123456"})

    username: str = Field(description=USERNAME_RULE, json_schema_extra={"minLength": 1, "maxLength": LONGEST_USERNAME})
    number: str = Field(
        description=f"{NUMBER_RULE} As a string: a number would lose its leading zeros.",
        json_schema_extra={"pattern": "^[0-9]{8}$"},
    )


class EntryFilter(Fields):
    limit: Number = Field(PAGE, ge=1, le=LARGEST_PAGE, description="The size of a page.", examples=[50])
    cursor: str | None = Field(
        None,
        description="`next` of the page before, as it was.",
        examples=["2026-05-01T09:30:00.123456Z-0123456789abcdef"],
    )
    username: str | None = Field(
        None,
        description=f"Entries that were sent under this name, of at most {LONGEST_USERNAME} characters.",
        examples=["dora"],
    )


class Entry(Answer):
    model_config = example(ENTRY_EXAMPLE)

    username: str = Field(description="Who sent it, as they call themselves.")
    number: str = Field(description="Eight digits.")
    timestamp: str = Field(description="When it arrived, in UTC, with an end that makes it unique. It sorts as text.")


class EntryList(Answer):
    model_config = example({"items": [ENTRY_EXAMPLE], "next": None})

    items: list[Entry] = Field(description="The entries of this page.")
    next: str | None = Field(description="The `cursor` of the following page, or null.")


def entry_json(entry: store.Entry) -> dict[str, str]:
    return {"username": entry.username, "number": entry.number, "timestamp": entry.timestamp}


@blueprint.before_request
def _limit_size() -> None:
    request.max_content_length = LARGEST_BODY


@blueprint.post("")
@public
@operation(
    "Send an entry",
    {201: Entry},
    section=ENTRIES,
    result="The entry was stored; or, with a key that was sent before, it is the entry of the first time.",
    description=(
        "Sent again with the same `Idempotency-Key`, an entry is kept once and answered again, as long as it is among"
        f" the last {service.LOOKED_BACK} of its username."
    ),
    body=NewEntry,
    idempotency_key=True,
    errors={
        413: f"The body is larger than {LARGEST_BODY // 1024} KiB.",
        429: (
            f"More than {PER_ADDRESS} entries in {LIMIT_MINUTES} minutes from one address, or too many altogether;"
            " `Retry-After` is the number of seconds to wait."
        ),
    },
)
def create_entry(body: NewEntry, key: str | None) -> ResponseReturnValue:
    entry = service.add(body.username, body.number, client=request.remote_addr or "", key=key)
    return answer(entry_json(entry), 201)


@blueprint.get("/latest")
@public
@operation(
    "Read the latest entry",
    {200: Entry},
    section=ENTRIES,
    result="The newest entry.",
    description="The newest entry of everybody.",
    errors={404: "There are no entries yet."},
)
def latest_entry() -> ResponseReturnValue:
    entry = service.latest()
    if entry is None:
        raise NotFound("There are no entries yet.")
    return answer(entry_json(entry))


@blueprint.get("")
@public
@operation(
    "List entries",
    {200: EntryList},
    section=ENTRIES,
    result="The entries of this page.",
    description="Newest first: of everybody, or of one `username`.",
    query=EntryFilter,
)
def list_entries(query: EntryFilter) -> ResponseReturnValue:
    page = _page(query)
    return answer({"items": [entry_json(entry) for entry in page.entries], "next": page.older})


def _page(query: EntryFilter) -> service.Page:
    if query.username is None:
        return service.recent(query.limit, query.cursor)
    try:
        return service.of(query.username, query.limit, query.cursor)
    except NotFound:
        raise Invalid({"username": f"Use {USERNAME_RULE}"}) from None
