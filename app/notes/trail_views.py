"""The page on which an owner sees what was done with which notes, by whom and from where."""

from __future__ import annotations

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from app.ids import LARGEST_ID
from app.notes import trail
from app.notes.views import blueprint
from app.web.access import signed_in


@blueprint.get("/account/trail")
@signed_in
def show_trail() -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    shown = trail.page(g.account.id, max(0, min(before, LARGEST_ID)) if before is not None else None)
    return render_template("notes/trail.html", page=shown, days=trail.DAYS_KEPT, nav_item="Account")
