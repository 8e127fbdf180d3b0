"""The pages of tags: all of them, renaming one, and what the field of tags suggests."""

from __future__ import annotations

from flask import Blueprint, g, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid, NotFound
from app.notes import service, tag_list
from app.notes.answers import flash_message
from app.notes.drafts import spell_tag, tidy_tag
from app.web.access import signed_in
from app.work_limits import limit_work

blueprint = Blueprint("tags", __name__)


@blueprint.get("/tags")
@signed_in
def index() -> ResponseReturnValue:
    return _page(request.args.get("q", ""), request.args.get("after", ""))


def _page(sought: str, after: str = "", status: int = 200, **more: str) -> ResponseReturnValue:
    page = tag_list.page(g.account.id, sought, after)
    about = {"page": page, "filter": sought, "after": after, "tags": page.first, "counted": tag_list.COUNTED}
    return render_template("notes/tags.html", nav_item="Tags", **about, **more), status


@blueprint.get("/tag-suggestions")
@signed_in
def suggestions() -> ResponseReturnValue:
    return jsonify(tag_list.suggest(g.account.id, request.args.get("q", "")))


@blueprint.post("/tags")
@signed_in
@limit_work("save")
def rename() -> ResponseReturnValue:
    """Rename a tag, or merge it into another one after a question."""
    old, new = request.form.get("tag", ""), spell_tag(request.form.get("name", ""))
    if _joins(old, new) and "merge" not in request.form:
        return render_template("notes/merge_tags.html", nav_item="Tags", old=old, new=new), 409
    try:
        number, complete = service.rename_tag(g.account.id, old, new)
    except Invalid as error:
        return _page("", status=422, fault=error.fields["tags"], of=old, typed=new)
    except NotFound as error:
        flash_message(error.message)
        return redirect(url_for("tags.index"), 303)
    if not complete:
        return render_template("notes/rename_on.html", nav_item="Tags", old=old, new=new, number=number)
    flash_message(f"#{old} is called #{new} now.")
    return redirect(url_for("tags.index"), 303)


def _joins(old: str, new: str) -> bool:
    return tidy_tag(old) != tidy_tag(new) and tag_list.is_used(g.account.id, new)
