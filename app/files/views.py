"""Pages' part of files: what the editor sends arrives, and what a text mentions is shown, played or saved."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from flask import Blueprint, current_app, flash, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import db
from app.errors import AppError, Invalid
from app.files import links, service, serving, smaller
from app.files.service import File
from app.ids import LARGEST_ID
from app.per_app import PerApp
from app.web import access
from app.web.access import signed_in
from app.work_limits import limit_work

blueprint = Blueprint("files", __name__)

FILE = "/files/<id:file_id>"
MOST_NOTES = 3  # that are named beside a file


class NoteName(NamedTuple):
    """A note that mentions a file, or did so in an earlier version."""

    note_id: int
    heading: str
    place: str


# Which notes mention each of some files: at most one more than MOST_NOTES, so that it is known that there are more.
find_notes: PerApp[Callable[[int, Collection[int]], Mapping[int, Sequence[NoteName]]]] = PerApp("notes_of_files")


@blueprint.url_value_preprocessor  # the first thing of all, before the check for a token reads the form
def _allow_size(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint == "files.add":
        allow_file()


@blueprint.get("/files")
@signed_in
def show_files() -> ResponseReturnValue:
    """Show how much of the account's room is taken, and the files: the newest first, each with its notes."""
    before = request.args.get("before", type=int)
    page = service.newest(g.account.id, max(0, min(before, LARGEST_ID)) if before is not None else None)
    notes = find_notes.get()(g.account.id, [file.id for file in page.files])
    return render_template("files/files.html", page=page, notes=notes, most=MOST_NOTES, largest=service.largest())


@blueprint.get("/files/delete/<id:file_id>")
@signed_in
def confirm_deletion(file_id: int) -> ResponseReturnValue:
    """Ask whether a file shall go, or say which notes mention it: it goes with them."""
    found = service.get(g.account.id, file_id)
    notes = find_notes.get()(g.account.id, [file_id])
    return render_template("files/delete.html", file=found, notes=notes.get(file_id, ()), most=MOST_NOTES)


@blueprint.post("/files/delete/<id:file_id>")
@signed_in
@limit_work("save")
def delete(file_id: int) -> ResponseReturnValue:
    found = service.get(g.account.id, file_id)
    service.remove(g.account.id, file_id)
    flash(f"“{found.name}” is gone for good.")
    return redirect(url_for("files.show_files"), 303)


@blueprint.post("/files")
@signed_in
@limit_work("save")
def add() -> ResponseReturnValue:
    """Store the body, whose name is in the query, or the field `file` of a form; answer what stands in the text."""
    added = receive(g.account.id, request.headers.get("Idempotency-Key"))
    return jsonify(describe(added)), 201


@blueprint.get(FILE)
@blueprint.get(FILE + "/<name>")
@signed_in
def send(file_id: int, name: str = "") -> ResponseReturnValue:  # noqa: ARG001  # the name is for people
    found = service.get(g.account.id, file_id)
    db.release()  # whoever reads slowly holds no connection
    if request.args.get("size") == "small" and (small := smaller.get(found)):
        return serving.answer_smaller(found, small, request.method, dict(request.headers))
    return serving.answer(found, request.method, dict(request.headers), as_download="download" in request.args)


def allow_file() -> None:
    """Let this request hold a file beside its form, if somebody is signed in; nobody else need fill our disk."""
    with suppress(AppError):  # a database that does not answer is told of where somebody needs it
        is_signed_in = access.signed_in_account() is not None  # first, as it reads the site's mode along
        access.refuse_if_guarded()
        if is_signed_in:
            request.max_content_length = current_app.config["MAX_CONTENT_LENGTH"] + service.largest()


def receive(owner: int, key: str | None) -> File:
    """Store what this request sends: a form with a file in it, or a file by itself. Raises what `service.add` does."""
    if request.mimetype == "multipart/form-data":
        sent = request.files.get("file")
        if sent is None:
            raise Invalid({"file": "Choose a file."})
        return service.add(owner, sent.stream, sent.filename or "", key)
    if request.mimetype == "application/x-www-form-urlencoded":
        raise Invalid({"file": "Send the file as it is, or as a part of multipart/form-data."})
    if request.content_length is not None:
        service.check_size(owner, request.content_length)
    # A server may take an end of the connection for the end of the body.
    return service.add(owner, request.stream, request.args.get("name", ""), key, request.content_length)


def describe(of: File) -> dict[str, Any]:
    """Return what a script needs to know of a file that has arrived."""
    return {
        "id": of.id,
        "name": of.name,
        "type": of.type,
        "bytes": of.size,
        "address": links.address(of.id, of.name),
        "text": service.in_text(of),
    }
