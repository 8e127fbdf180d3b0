"""Everything of a person as one ZIP file: the notes and files, and what is known about the account."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click
import orjson
from flask import g, send_file, session
from flask.typing import ResponseReturnValue

from app import clock
from app.accounts import events, proof, service, sessions
from app.accounts.commands import group
from app.accounts.sessions import Account
from app.commands import printable
from app.errors import Conflict, SignInNeeded
from app.files import service as files
from app.notes.transfer import exporting
from app.notes.views import blueprint
from app.web import access
from app.work_limits import limit_work


@blueprint.post("/account/export")
@access.signed_in
@limit_work("export")
@proof.needed
def export_everything() -> ResponseReturnValue:
    with ExitStack() as stack:
        opened = stack.enter_context(files.temporary())
        with exporting.zip_target(opened) as target:
            write(g.account, target)
        if sessions.find(session["token"]) is None:  # suspended or signed out while it was written
            raise SignInNeeded
        events.record("export", g.account.id)
        size = opened.tell()
        opened.seek(0)
        answer = send_file(opened, "application/zip", as_attachment=True, download_name="notes.zip")
        answer.content_length = size  # of what has no name, Flask does not know it
        answer.call_on_close(stack.pop_all().close)
        return answer


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
            write(person, target)
    except (exporting.Refused, OSError) as error:
        raise Conflict(f"{printable(path)} cannot be written, or exists already: choose another name.") from error
    events.record("export", person.id)
    click.echo(f"{person.email} is exported to {printable(path)}.")


def write(person: Account, target: exporting.Target) -> None:
    """Write everything. Such a file can be imported again; what is about the account is then left out."""
    exported = exporting.export(person.id, target, lambda _number: None)
    lost = {"files_lost": exported.lost} if exported.lost else {}
    about = orjson.dumps(service.describe(person) | lost, option=orjson.OPT_INDENT_2)
    target.write("account.json", clock.now_us(), [about])
