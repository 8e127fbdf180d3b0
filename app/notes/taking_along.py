"""Everything of a person as one ZIP file: the notes and files, and what is known about the account."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import click
import orjson
from flask import Response, g, session, stream_with_context
from flask.typing import ResponseReturnValue

from app import clock, db
from app.accounts import events, proof, service, sessions
from app.accounts.commands import group
from app.accounts.sessions import Account
from app.commands import printable
from app.errors import Conflict, SignInNeeded
from app.notes.transfer import exporting
from app.notes.views import blueprint
from app.web import access
from app.work_limits import limit_work


@blueprint.post("/account/export")
@access.signed_in
@limit_work("export")
@proof.needed
def export_everything() -> ResponseReturnValue:
    parts = _parts(g.account, session["token"])
    first = next(parts)  # what goes wrong by now is answered with a page, later the file stays incomplete
    events.record("export", g.account.id)
    response = Response(stream_with_context(chain([first], _cut(parts))), mimetype="application/zip")
    response.headers["Content-Disposition"] = "attachment; filename=notes.zip"
    return response


def _parts(person: Account, token: str) -> Iterator[bytes]:
    """Yield the ZIP file while it is made: reading all files takes as long as their store does."""
    for part in exporting.stream(lambda target: write(person, target)):
        if sessions.find(token) is None:  # suspended or signed out meanwhile
            raise SignInNeeded
        db.release()  # a slow reader must not keep a connection from others
        yield part


def _cut(parts: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from parts
    except SignInNeeded:
        # Too late for an answer; a server logs this as a connection that is gone.
        raise ConnectionResetError(errno.ECONNRESET, "The session has ended.") from None


@group.command("export")
@click.argument("email")
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
def export(email: str, path: Path) -> None:
    """Write everything of an account as a new ZIP file: its notes, and what is known about it."""
    person = service.find(email)
    if path.suffix != ".zip":
        raise click.UsageError("The name must end in .zip.")
    try:
        with exporting.open_target(path.absolute(), force=False) as target:
            exporting.finish(write(person, target))
    except (exporting.Refused, OSError) as error:
        raise Conflict(f"{printable(path)} cannot be written, or exists already: choose another name.") from error
    events.record("export", person.id)
    click.echo(f"{person.email} is exported to {printable(path)}.")


def write(person: Account, target: exporting.Target) -> exporting.Steps[None]:
    """Write everything. Such a file can be imported again; what is about the account is then left out."""
    exported = yield from exporting.export(person.id, target, lambda _number: None)
    lost = {"files_lost": exported.lost} if exported.lost else {}
    about = orjson.dumps(service.describe(person) | lost, option=orjson.OPT_INDENT_2)
    yield from target.write("account.json", clock.now_us(), [about])
