"""What follows a click: a message with its undo, and the way back, or the parts of the page that a script asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.notes import dates, markdown, note_links, rows, service
from app.notes.checklists import ITEM
from app.notes.dates import Calendar
from app.notes.plain_text import plain_text
from app.web.addresses import here, is_local

LABEL_LENGTH = 100  # characters of the line that name its box
BUTTON = Markup(
    '<button class="box" role="checkbox" aria-checked="{checked}" form="act" formaction="{address}" name="checked"'
    ' value="{value}" aria-label="{label}"></button>'
)


def calendar() -> Calendar:
    """Return the present where the person is: a script tells how many minutes that is ahead of UTC."""
    return Calendar.of(request.cookies.get("utc_offset", 0, type=int))


def flash_message(text: str, *, undo: str = "", before: str = "", address: str = "") -> None:
    """Show `text` on the next page, once.

    `undo` names a field of this request, which is sent again (to `address`, if one is given) with the state `before`:
    the one that the person saw when clicking, so a double click changes nothing.
    """
    before = before or request.args.get("was", "")
    message = {"text": text}
    if undo and before and before != request.form.get(undo):
        message |= {"undo": address or here(), "name": undo, "value": before}
    flash(message)  # type: ignore[arg-type]  # a mapping survives the session as well as a string


def quote_heading(note: service.Note) -> str:
    heading = note.heading
    return f"“{heading if len(heading) <= 60 else heading[:59] + '…'}”"


def back() -> ResponseReturnValue:
    """Return to the page on which the button was, as far as it is one of ours."""
    page = request.form.get("back", "")
    return redirect(page if is_local(page) else url_for("notes.index"), 303)


def answer(note: service.Note) -> ResponseReturnValue:
    """Return the parts of the page that show the note, if a script asked for them (`part`: row, note); else lead back.

    They are of the same templates as the page, below the message that the next page would have.
    """
    parts = request.form.getlist("part")
    if not parts:
        return back()
    shown = rows.row_views([rows.list_row(note)], calendar()) if "row" in parts else []
    return render_template("notes/parts.html", rows=shown, **about(note) if "note" in parts else {})


def about(note: service.Note) -> dict[str, Any]:
    """Return what the template of one note needs, and the tags of the column."""
    links = note_links.around(note)
    return {"note": note, "html": _html(note, links.to), "backlinks": links.back, "tags": links.tags, **moments(note)}


# The form of a box as the sanitiser writes it.
BOX = re.compile(r'<input type="checkbox"( checked="")? value="(\d+)" disabled="" aria-label="Item">')


def _html(note: service.Note, to: Mapping[str, int]) -> Markup:
    """Return the text for its page, on which its items can be ticked: in a line of the version that is shown."""
    addresses = {title: url_for("notes.read", note_id=note_id) for title, note_id in to.items()}
    html = markdown.render(
        note.draft.body, request.host_url, items=note.place != "trash", notes=addresses, root=request.script_root
    )
    lines = note.draft.body.split("\n")
    address = url_for("notes.read", note_id=note.id)

    def button(match: re.Match[str]) -> str:
        done, line = bool(match[1]), int(match[2])
        return BUTTON.format(
            address=f"{address}/items/{line}?version={note.version}",
            value=int(not done),
            checked=str(done).lower(),
            label=plain_text(ITEM.sub("", lines[line])).strip()[:LABEL_LENGTH],
        )

    return Markup(BOX.sub(button, html))  # noqa: S704  # what is put into it is escaped


def moments(note: service.Note) -> dict[str, Any]:
    present, due = calendar(), note.draft.due_on
    urgency = dates.urgency_of(due, note.draft.status, present.today)
    return {
        "written": dates.machine_time(note.changed_at),
        "ago": present.ago(note.changed_at),
        "urgency": urgency,
        "due": dates.due_words(due, urgency, present.today),
        **times(),
    }


def times() -> dict[str, Any]:
    """Return how a template says moments: for machines, on the clock, and how long ago."""
    present = calendar()
    return {"machine_time": dates.machine_time, "clock": present.clock, "since": present.ago}
