"""The pages of entries: the latest with the form, and what one person sent."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.entries import service
from app.entries.forms import EntryForm
from app.errors import Invalid, NotFound, TooMany, Unavailable
from app.web import access
from app.web.access import public
from app.web.error_responses import try_later

blueprint = Blueprint("entries", __name__)

LARGEST_FORM = 8 * 1024  # bytes: several times the longest entry


@blueprint.url_value_preprocessor  # the first thing of all, before the check for a token reads the form
def _limit_size(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    request.max_content_length = LARGEST_FORM


@blueprint.before_request
def _recognize() -> None:
    access.signed_in_account()  # whoever is signed in finds the way back to their notes beside the page


@blueprint.route("/entries", methods=["GET", "POST"])
@public
def index() -> ResponseReturnValue:
    """Show the newest entries and the form; POST sends an entry. Without its store the form still keeps the text."""
    form = EntryForm()
    try:
        return _send(form) if request.method == "POST" else _page(form)
    except Invalid as error:
        if "cursor" in error.fields:
            raise NotFound("This page of the list does not exist.") from None
        form.refuse(error)
        return _page(form), 422
    except (TooMany, Unavailable) as error:
        return try_later(error, make_response(_render(form, notice=_notice(error))))


@blueprint.get("/entries/<username>")
@public
def person(username: str) -> ResponseReturnValue:
    page = service.of(username, before=request.args.get("before"))
    if not page.entries:
        raise NotFound("Nobody has sent an entry under this name.")
    return render_template("entries/person.html", username=page.entries[0].username, page=page)


def _send(form: EntryForm) -> ResponseReturnValue:
    entry = service.add(
        form.username.data or "",
        service.ungroup(form.number.data or ""),
        client=request.remote_addr or "",
        key=form.key.data or None,
    )
    # What was sent is shown from here: the index may need a moment to know of it.
    flash(f"Saved: {entry.number} by {entry.username}.")
    return redirect(request.script_root + request.path, 303)


def _page(form: EntryForm) -> str:
    return _render(form, page=service.recent(before=request.args.get("before")))


def _notice(error: TooMany | Unavailable) -> str:
    if isinstance(error, TooMany) or error.is_planned:
        return error.message
    return "The entries cannot be reached right now. Your text stays here; sending it again does no harm."


def _render(form: EntryForm, **shown: Any) -> str:
    return render_template("entries/index.html", form=form, before=request.args.get("before"), **shown)
