"""The JSON API of one's sessions and tokens: listing and ending them.

A token makes no token: one that was copied could otherwise outlive its own end, or come to more than it was given.
Ending opens nothing to anybody, so it asks for no proof as the page does; it needs the scope `write`.
"""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, g
from flask.typing import ResponseReturnValue
from pydantic import Field

from app import clock
from app.accounts import service, sessions, tokens
from app.accounts.models import TOKEN_NAME_LENGTH
from app.api.answers import answer, rfc3339
from app.api.models import Answer, example
from app.api.operations import Argument, Section, operation
from app.ids import ID_SCHEMA, LARGEST_ID
from app.web.access import token
from app.web.cookies import csrf

blueprint = Blueprint("accounts_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)  # a browser never sends a token by itself

SESSION_ID = "^[0-9a-f]{64}$"

ACCOUNT = Section(
    "Account",
    "Where the owner of the token is signed in, and which tokens there are. Both can be ended here; tokens are made on"
    " the page of the account only.",
    {
        "session_id": Argument("The id of the session.", "ab" * 32, {"type": "string", "pattern": SESSION_ID}),
        "token_id": Argument("The id of the token.", 887654321098765, ID_SCHEMA),
    },
)
SESSION_EXAMPLE = {
    "id": "ab" * 32,
    "device": "Firefox on Linux",
    "client": "192.0.2.7",
    "started_at": "2026-05-01T09:30:00.123456Z",
    "seen_at": "2026-05-02T09:30:00.123456Z",
}
TOKEN_EXAMPLE = {
    "id": 887654321098765,
    "name": "backup",
    "scope": "read",
    "created_at": "2026-05-01T09:30:00.123456Z",
    "used_at": "2026-05-02T09:30:00.123456Z",
    "expires_at": None,
}


class Session(Answer):
    model_config = example(SESSION_EXAMPLE)

    id: str = Field(
        description="By which it can be ended; it opens nothing.", json_schema_extra={"pattern": SESSION_ID}
    )
    device: str = Field(description="The browser and the system, as far as they say so.")
    client: str = Field(description="The address where it began.")
    started_at: str = Field(description="When it began.")
    seen_at: str = Field(description="When it was last used, to the hour.")


class Token(Answer):
    model_config = example(TOKEN_EXAMPLE)

    id: int = Field(ge=1, le=LARGEST_ID, description="By which it can be revoked; it is not the token.")
    name: str = Field(description="What it is for.", json_schema_extra={"maxLength": TOKEN_NAME_LENGTH})
    scope: str = Field(description="`read` or `write`.", json_schema_extra={"enum": list(tokens.SCOPES)})
    created_at: str = Field(description="When it was made.")
    used_at: str | None = Field(description="When it was last used, to the minute; null: never.")
    expires_at: str | None = Field(description="When it ends by itself; null: never.")


class SessionList(Answer):
    model_config = example({"items": [SESSION_EXAMPLE], "next": None})

    items: list[Session] = Field(description=f"Last used first; {sessions.AT_MOST} at most.")
    next: str | None = Field(description="Always null: all of them are on one page.")


class TokenList(Answer):
    model_config = example({"items": [TOKEN_EXAMPLE], "next": None})

    items: list[Token] = Field(description=f"Newest first; {tokens.AT_MOST} at most.")
    next: str | None = Field(description="Always null: all of them are on one page.")


@blueprint.get("/sessions")
@token("read")
@operation(
    "List sessions",
    {200: SessionList},
    section=ACCOUNT,
    result="All sessions.",
    description="The browsers in which the owner of the token is signed in, last used first.",
)
def list_sessions() -> ResponseReturnValue:
    return answer({"items": [_session(one) for one in sessions.list_sessions(g.account.id, "")], "next": None})


@blueprint.delete("/sessions/<session_id>")
@token("write")
@operation(
    "End a session",
    {204: None},
    section=ACCOUNT,
    result="The session has ended.",
    description="That browser has to sign in again. The token stays.",
    errors={404: "It has ended already, or is not yours."},
)
def end_session(session_id: str) -> ResponseReturnValue:
    service.end_session(g.account.id, session_id)
    return "", 204


@blueprint.get("/tokens")
@token("read")
@operation(
    "List tokens",
    {200: TokenList},
    section=ACCOUNT,
    result="All tokens.",
    description="All of the account, newest first, also this one and those that have expired; none can be read.",
)
def list_tokens() -> ResponseReturnValue:
    return answer({"items": [_token(one) for one in tokens.list_tokens(g.account.id)], "next": None})


@blueprint.delete("/tokens/<id:token_id>")
@token("write")
@operation(
    "Revoke a token",
    {204: None},
    section=ACCOUNT,
    result="The token is revoked.",
    description="It opens nothing any more. A token may revoke itself.",
    errors={404: "It was revoked already, or is not yours."},
)
def revoke_token(token_id: int) -> ResponseReturnValue:
    tokens.revoke(g.account.id, token_id)
    return "", 204


def _time(when: datetime) -> str:
    return rfc3339(clock.from_datetime(when))


def _session(session: sessions.Session) -> dict[str, str]:
    return {
        "id": session.id,
        "device": session.device,
        "client": session.client,
        "started_at": _time(session.started),
        "seen_at": _time(session.seen),
    }


def _token(one: tokens.Token) -> dict[str, object]:
    return {
        "id": one.id,
        "name": one.name,
        "scope": one.scope,
        "created_at": _time(one.created),
        "used_at": _time(one.used) if one.used else None,
        "expires_at": _time(one.expires) if one.expires else None,
    }
