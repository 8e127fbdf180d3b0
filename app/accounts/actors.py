"""Who acts: a person by a session, a program by a token, an operator by a command, or a job."""

from __future__ import annotations

from dataclasses import dataclass

from flask import g, has_request_context, request, session

from app.accounts.devices import device
from app.accounts.sessions import digest

SHORT_ID = 8  # signs of a session's id that name it, here and for `flask accounts sign-out`
COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Actor:
    """`kind` is session, token, command or job; `credential` is the session's short id or the token's number.

    `device` is what a session's browser or a token is called, or the kind of a job.
    """

    kind: str
    credential: str
    device: str
    client: str


def current() -> Actor:
    """Return who acts in this request, command or job."""
    if not has_request_context():
        job = g.get("job")
        return Actor("job", "", job, "") if job else Actor("command", "", "", COMMAND_LINE)
    client = (request.remote_addr or "")[:45]
    if token := g.get("api_token"):
        number, name = token
        return Actor("token", str(number), name, client)
    signed_in_by = digest(session["token"]).hex()[:SHORT_ID] if "token" in session else ""
    return Actor("session", signed_in_by, device(request.user_agent.string)[:80], client)
