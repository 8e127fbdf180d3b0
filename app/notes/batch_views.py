"""What is done with several notes of a list at once, and its undo."""

from __future__ import annotations

from flask import Blueprint, flash, g, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid
from app.ids import LARGEST_ID
from app.notes import service
from app.notes.answers import back
from app.web.access import signed_in
from app.work_limits import limit_work

blueprint = Blueprint("batch", __name__)

DONE = {
    "place:notes": "among your notes",
    "place:archive": "in the archive",
    "place:trash": "in the trash",
    "status:none": "plain notes",
    "status:open": "tasks",
}


@blueprint.post("/notes/batch")
@signed_in
@limit_work("save")
def change() -> ResponseReturnValue:
    command = request.form.get("do", "")
    if command == "tag":
        command = f"tag:{request.form.get('tag', '').strip()}"
    changed = service.change_all(g.account.id, _note_ids(), command)
    _tell(command, changed)
    return back()


def _note_ids() -> list[int]:
    typed = request.values.getlist("note")
    if not all(one.isascii() and one.isdigit() and len(one) <= 16 and int(one) <= LARGEST_ID for one in typed):
        raise Invalid({"note": "A note is named by its number."})
    return [int(one) for one in typed]


def _tell(command: str, changed: list[int]) -> None:
    """Say what has become of how many notes; the undo is about those that were changed."""
    kind, _, value = command.partition(":")
    what = DONE.get(command) or ("tagged" if kind == "tag" else "no longer tagged") + f" #{value.lstrip('#')}"
    if not changed:
        flash("Nothing was changed: choose some notes first." if not _note_ids() else f"They are {what} already.")
        return
    message = {"text": f"{len(changed)} {'note is' if len(changed) == 1 else 'notes are'} {what} now."}
    if undo := _undo(command):
        message |= {"undo": url_for("batch.change", note=changed), "name": "do", "value": undo}
    flash(message)  # type: ignore[arg-type]  # a mapping survives the session as well as a string


def _undo(command: str) -> str:
    """Return the command that takes this one back: all notes of a list were in its place."""
    kind, _, value = command.partition(":")
    if kind == "place":
        was = request.form.get("was", "")
        return f"place:{was}" if was and was != value else ""
    return {"status": "status:none", "tag": f"untag:{value}"}.get(kind, "") if command != "status:none" else ""
