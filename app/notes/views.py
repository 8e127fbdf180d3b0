"""The pages of notes and tasks: read the request, ask the service, answer with a page or a way back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, current_app, g, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.errors import Invalid, NotFound, TooLarge, TooMany
from app.files import service as files
from app.files.views import allow_file
from app.idempotency import is_key
from app.notes import (
    differences,
    filters,
    highlights,
    markdown,
    note_links,
    note_lists,
    rows,
    search,
    service,
    tag_names,
    timeline,
)
from app.notes.answers import about, answer, calendar, flash_message, quote_heading, times
from app.notes.drafts import spell_tag, tidy_tag
from app.notes.forms import EditNoteForm, NewNoteForm, NoteForm
from app.notes.list_rows import ListRow
from app.notes.merging import has_marks, settle
from app.web import error_responses
from app.web.access import public, signed_in
from app.work_limits import limit_work

blueprint = Blueprint("notes", __name__)

NOTE = "/notes/<id:note_id>"

# What a script of ours calls a form, so that it can be the name of a cookie.
INSTANCE = re.compile(r"[\w-]{1,64}", re.ASCII)
DAYS_OF_DRAFTS = timedelta(days=30)  # as long as a browser keeps them


@blueprint.url_value_preprocessor  # the first thing of all, before the check for a token reads the form
def _allow_files(endpoint: str | None, _values: dict[str, Any] | None) -> None:
    if endpoint in {"notes.create", "notes.save"} and request.method == "POST":
        allow_file()


# --- Lists -------------------------------------------------------------------------------------------------------


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    return redirect(url_for("notes.index"))


@blueprint.get("/notes")
@signed_in
def index() -> ResponseReturnValue:
    return _ordered("Notes", "notes")


@blueprint.get("/tasks")
@signed_in
def tasks() -> ResponseReturnValue:
    hidden = _hides_done()
    page = filters.open_tasks(g.account.id, _cursor()) if hidden else note_lists.tasks(g.account.id, _cursor())
    return _list("Tasks", page, done_hidden=hidden)


@blueprint.get("/archive")
@signed_in
def archive() -> ResponseReturnValue:
    return _ordered("Archive", "archive")


@blueprint.get("/trash")
@signed_in
def trash() -> ResponseReturnValue:
    return _list("Trash", note_lists.in_place(g.account.id, "trash", _cursor()))


@blueprint.get("/tags/<path:tag>")
@signed_in
def tagged(tag: str) -> ResponseReturnValue:
    page = note_lists.tagged(g.account.id, tidy_tag(tag), _cursor())
    newest = page.rows[0].tags.split() if page.rows else []
    return _list("Tag", page, tag=next((name for name in newest if tidy_tag(name) == tidy_tag(tag)), spell_tag(tag)))


@blueprint.get("/search")
@signed_in
@limit_work("search")
def search_notes() -> ResponseReturnValue:
    sought = request.args.get("q", "")
    present = calendar()
    hits = search.search(g.account.id, sought, request.args.get("page", 1, type=int), today=present.today)
    shown = rows.hit_views(hits.rows, present, highlights.pattern(hits.clauses))
    tags = _tags_beside([hit.note for hit in hits.rows])
    return render_template("notes/search.html", nav_item="Search", sought=sought, hits=hits, rows=shown, tags=tags)


def _ordered(nav_item: str, place: str) -> ResponseReturnValue:
    """Answer with the notes of a place in the order that was chosen, from the month on that was chosen."""
    sort, month, hidden = request.args.get("sort", "changed"), request.args.get("month", ""), _hides_done()
    order = (note_lists.WITHOUT_DONE if hidden else note_lists.ORDERS).get(sort)
    if order is None:
        raise NotFound("There is no such order, or none that can leave out what is done.")
    cursor = note_lists.Cursor.parse(request.args.get("at"), by_title=order.by_title)
    if month and not cursor and sort in note_lists.BY_TIME:
        cursor = note_lists.Cursor("older", calendar().end_of_month(month), 0)
    page = order.page(cursor, owner=g.account.id, place=place)
    return _list(
        nav_item,
        page,
        sort=sort,
        month=month,
        done_hidden=hidden,
        sorts=list(note_lists.ORDERS),
        hiding=list(note_lists.WITHOUT_DONE),
        by_time=sort in note_lists.BY_TIME,
    )


def _hides_done() -> bool:
    return request.args.get("done") == "hide"


def _list(nav_item: str, page: note_lists.Page, **more: Any) -> ResponseReturnValue:
    shown, tags = rows.row_views(page.rows, calendar()), _tags_beside(page.rows)
    selecting = request.args.get("select", "")
    return render_template(
        "notes/list.html",
        nav_item=nav_item,
        page=page,
        rows=shown,
        tags=tags,
        selecting=selecting,
        query=_query,
        **more,
    )


def _tags_beside(rows: Sequence[ListRow]) -> Sequence[str]:
    return tag_names.column(g.account.id, rows[0].tag_changes if rows else None)


def _query(**changed: str | None) -> str:
    """Return the query of this list with some parameters changed; from its first page, unless `at` names another."""
    kept = {name: request.args[name] for name in ("sort", "done", "select") if name in request.args}
    return "?" + urlencode({name: value for name, value in (kept | changed).items() if value is not None})


def _cursor() -> note_lists.Cursor | None:
    return note_lists.Cursor.parse(request.args.get("at"))


# --- Writing -----------------------------------------------------------------------------------------------------


@blueprint.get("/notes/new")
@signed_in
def new() -> ResponseReturnValue:
    # The address that a sent form leaves behind names its key: Back leads to the note that it has made.
    key = request.args.get("key", "")
    created = service.find_created(g.account.id, key) if is_key(key) else None
    if created:
        return redirect(url_for("notes.read", note_id=created), 303)
    wanted = {"tags": request.args.get("tag", ""), "status": "open" if request.args.get("status") == "open" else "none"}
    return _editor(NewNoteForm(formdata=None, key=key if is_key(key) else service.new_key(), data=wanted))


@blueprint.post("/notes")
@signed_in
@limit_work("save")
def create() -> ResponseReturnValue:
    form = NewNoteForm()
    if not form.validate():
        return _editor(form, status=422)
    try:
        _add_files(form)
        _check_marks(form)
        note = service.create_or_merge(g.account.id, form.draft(), form.key.data or "", put_back=_put_back())
    except (Invalid, NotFound) as error:
        return _refused_creation(form, error)
    except service.InTrash as error:
        return _in_trash(form, error.current, version=1)
    except service.EditConflict as conflict:
        return _conflict(form, conflict)
    return _after_saving(form, note)


def _refused_creation(form: NewNoteForm, error: Invalid | NotFound) -> ResponseReturnValue:
    if isinstance(error, NotFound) or "key" in error.fields:
        form.key.data = service.new_key()
        error = Invalid(
            {"key": "The note that this form has made is gone. Save again to make another one of this text."}
        )
    form.refuse(error)
    return _editor(form, status=422)


@blueprint.get(NOTE + "/edit")
@signed_in
def edit(note_id: int) -> ResponseReturnValue:
    note = service.get(g.account.id, note_id)
    form = EditNoteForm(formdata=None, version=note.version, marks="kept" if has_marks(note.draft.body) else "")
    form.show(note.draft)
    return _editor(form, note_id)


@blueprint.post(NOTE)
@signed_in
@limit_work("save")
def save(note_id: int) -> ResponseReturnValue:
    form = EditNoteForm()
    if not form.validate():
        return _editor(form, note_id, status=422)
    form.body.data = settle(form.body.data or "", _sides())
    try:
        _add_files(form)
        _check_marks(form)
        note = service.save(g.account.id, note_id, form.version.data or 0, form.draft(), put_back=_put_back())
    except Invalid as error:
        form.refuse(error)
        return _editor(form, note_id, status=422)
    except NotFound as error:
        return _orphaned(form, error)
    except service.InTrash as error:
        return _in_trash(form, error.current, form.version.data or 0)
    except service.EditConflict as conflict:
        return _conflict(form, conflict)
    return _after_saving(form, note)


def _sides() -> dict[int, str]:
    """Return which side of each collision is to stay, as far as somebody has chosen."""
    return {number: request.form.get(f"side-{number}", "") for number in range(differences.COLLISIONS_AT_MOST)}


def _check_marks(form: NoteForm) -> None:
    """Refuse the marks of a collision once: most often they were overlooked. Raises Invalid."""
    if form.marks.data or not has_marks(form.body.data or ""):
        return
    form.marks.data = "kept"
    sentence = "The text still holds the marks of a collision. Choose a side, or save once more to keep the marks."
    raise Invalid({"marks": sentence})


def _add_files(form: NoteForm) -> None:
    """Store the files of the form, and write each at the end of its text. Raises Invalid for one that is refused."""
    for sent in request.files.getlist("files"):
        if not sent.filename:  # none was chosen
            continue
        try:
            added = files.add(g.account.id, sent.stream, sent.filename)
        except (Invalid, TooLarge, files.Withheld) as error:
            raise Invalid({"files": f"{sent.filename}: {error}"}) from None
        form.body.data = "\n\n".join(filter(None, [(form.body.data or "").rstrip(), files.in_text(added)]))


def _put_back() -> bool:
    """Return whether a note that is in the trash is to be put back as well: the answer to our question."""
    return "put_back" in request.values


@blueprint.errorhandler(TooMany)
def rest(error: TooMany) -> ResponseReturnValue:
    """Give a form back that comes too often, with all that was typed; any other request gets the usual answer."""
    if request.endpoint not in {"notes.create", "notes.save"}:
        return error_responses.answer_error(error)
    form = NewNoteForm() if request.endpoint == "notes.create" else EditNoteForm()
    note_id = (request.view_args or {}).get("note_id")
    page, _ = _editor(form, note_id, status=429, fault=f"Not saved yet. {error.message}")
    return error_responses.try_later(error, make_response(page))


def _saved_words(form: NoteForm, note: service.Note) -> str:
    words = "Saved."
    if form.status.data == "none" and note.draft.due_on:
        words = "Saved as a task, because it has a due date."
    if note.draft != form.draft().cleaned():
        words = "Saved, together with what was saved somewhere else meanwhile."
    if has_marks(note.draft.body):
        words += " The text still holds the marks of a collision."
    return words


def _after_saving(form: NoteForm, note: service.Note) -> ResponseReturnValue:
    """Lead on, and tell the browser that it need not keep the draft of this form: now, not on the next page."""
    flash_message(_saved_words(form, note))
    response = redirect(url_for("notes.edit" if "stay" in request.form else "notes.read", note_id=note.id), 303)
    instance = form.instance.data or ""
    if INSTANCE.fullmatch(instance):
        limits = {"path": request.script_root or "/", "secure": current_app.config["SESSION_COOKIE_SECURE"]}
        response.set_cookie(f"saved.{instance}", "1", max_age=DAYS_OF_DRAFTS, samesite="Lax", **limits)
    return response


def _orphaned(form: EditNoteForm, error: NotFound) -> ResponseReturnValue:
    """The note is gone for good, but the text that was typed is not: offer it as a new note."""
    orphan = NewNoteForm(formdata=None, key=service.new_key(), instance=form.instance.data)
    orphan.show(form.draft())
    return _editor(orphan, status=404, fault=f"{error.message} What you wrote is below: save it as a new note.")


def _in_trash(form: NoteForm, current: service.Note, version: int) -> ResponseReturnValue:
    """Say where the note is, and ask."""
    again = EditNoteForm(formdata=None, version=version, instance=form.instance.data)
    again.show(form.draft())
    fault = "This note is in the trash. Nothing is saved yet, and nothing is lost: what you wrote is below."
    return _editor(again, current.id, status=409, fault=fault, in_trash=True)


def _conflict(form: NoteForm, conflict: service.EditConflict) -> ResponseReturnValue:
    both = differences.fields(conflict.current.draft, conflict.mine, differences.COLLIDED)
    merged = EditNoteForm(formdata=None, version=conflict.current.version, instance=form.instance.data)
    merged.show(conflict.merged.draft)
    return _editor(
        merged,
        conflict.current.id,
        status=409,
        conflict=conflict,
        collisions=differences.collisions(conflict.merged.draft.body),
        fields={name: sides for name, sides in both.items() if name in conflict.merged.collisions},
    )


def _editor(form: NoteForm, note_id: int | None = None, *, status: int = 200, **more: Any) -> tuple[str, int]:
    if form.marks.errors:
        more |= {"collisions": differences.collisions(form.body.data or ""), "fields": {}}
    page = "notes/conflict.html" if "collisions" in more else "notes/edit.html"
    return render_template(page, form=form, note_id=note_id, unsaved=status != 200, **more), status


@blueprint.post("/preview")
@signed_in
@limit_work("preview")
def preview() -> ResponseReturnValue:
    return str(markdown.render(request.form.get("body", ""), request.host_url, root=request.script_root))


# --- One note ----------------------------------------------------------------------------------------------------


@blueprint.get(NOTE)
@signed_in
def read(note_id: int) -> ResponseReturnValue:
    note = service.get(g.account.id, note_id)
    return render_template("notes/note.html", **about(note))


@blueprint.get("/note-titles")
@signed_in
def suggest_titles() -> ResponseReturnValue:
    return jsonify(note_links.suggest(g.account.id, request.args.get("q", "")))


@blueprint.post(NOTE + "/status")
@signed_in
@limit_work("save")
def set_status(note_id: int) -> ResponseReturnValue:
    wanted = request.form.get("status", "")
    try:
        note = service.set_status(g.account.id, note_id, wanted, put_back=_put_back())
    except service.InTrash as error:
        wishes = {"none": "make it a plain note", "open": "make it a task", "done": "mark it as done"}
        return _ask_to_put_back(error.current, "status", wanted, wishes[wanted])
    done = {"none": "is a plain note", "open": "is open", "done": "is done"}[note.draft.status]
    flash_message(f"{quote_heading(note)} {done}.", undo="status")
    return answer(note)


@blueprint.post(NOTE + "/items/<id:line>")
@signed_in
@limit_work("save")
def set_item(note_id: int, line: int) -> ResponseReturnValue:
    version, wanted = request.values.get("version", 0, type=int), request.form.get("checked", "")
    if wanted not in {"0", "1"}:
        raise Invalid({"checked": "An item is ticked (1) or not (0)."})
    try:
        return answer(service.set_item(g.account.id, note_id, version, line, wanted == "1"))
    except service.ItemChanged as error:
        flash_message(error.message)
        return answer(error.current)
    except service.InTrash as error:
        flash_message(error.message)
        return answer(error.current)


@blueprint.post(NOTE + "/pin")
@signed_in
@limit_work("save")
def set_pinned(note_id: int) -> ResponseReturnValue:
    wanted = request.form.get("pinned", "")
    if wanted not in {"0", "1"}:
        raise Invalid({"pinned": "Pinned is 0 or 1."})
    try:
        note = service.set_pinned(g.account.id, note_id, wanted == "1", put_back=_put_back())
    except service.InTrash as error:
        return _ask_to_put_back(error.current, "pinned", wanted, "pin it" if wanted == "1" else "unpin it")
    flash_message(
        f"{quote_heading(note)} is {'pinned to the top' if note.pinned else 'no longer pinned'}.", undo="pinned"
    )
    return answer(note)


def _ask_to_put_back(note: service.Note, name: str, value: str, wish: str) -> ResponseReturnValue:
    """Say where the note is that somebody meant to change on an old page, and ask; the field is sent again."""
    asked = {
        "quoted": quote_heading(note),
        "name": name,
        "value": value,
        "wish": wish,
        "back": request.form.get("back", ""),
    }
    return render_template("notes/in_trash.html", note=note, nav_item="Trash", **asked), 409


@blueprint.post(NOTE + "/place")
@signed_in
@limit_work("save")
def move(note_id: int) -> ResponseReturnValue:
    note = service.move(g.account.id, note_id, request.form.get("place", ""))
    went = {"notes": "is among your notes", "archive": "went to the archive", "trash": "went to the trash"}
    flash_message(f"{quote_heading(note)} {went[note.place]}.", undo="place")
    gone_from_here = note.place != "notes" and request.form.get("back") == url_for("notes.read", note_id=note_id)
    leaves = gone_from_here and "part" not in request.form
    return redirect(url_for("notes.index"), 303) if leaves else answer(note)


@blueprint.get("/trash/empty")
@signed_in
def confirm_emptying() -> ResponseReturnValue:
    return render_template("notes/empty_trash.html", nav_item="Trash")


@blueprint.post("/trash/empty")
@signed_in
def empty_trash() -> ResponseReturnValue:
    number = service.empty_trash(g.account.id)
    flash_message(f"{number} {'note is' if number == 1 else 'notes are'} gone for good.")
    return redirect(url_for("notes.trash"), 303)


# --- History -----------------------------------------------------------------------------------------------------

NEWEST = 2**31 - 1  # no version is newer


@blueprint.get(NOTE + "/history")
@signed_in
@limit_work("history")
def history(note_id: int) -> ResponseReturnValue:
    before = request.args.get("before", type=int)
    newest = max(1, min(before or NEWEST, NEWEST))
    note, older = service.with_contents(g.account.id, note_id, newest, timeline.STEPS + 1)
    steps, more = timeline.steps(note, older, from_now=before is None)
    return render_template("notes/history.html", note=note, steps=steps, more=more, **times())


@blueprint.get(NOTE + "/history/<id:version>")
@signed_in
@limit_work("history")
def compare(note_id: int, version: int) -> ResponseReturnValue:
    note, old = service.with_revision(g.account.id, note_id, version)
    return render_template(
        "notes/difference.html",
        note=note,
        old=old,
        lines=differences.lines(old.draft.body, note.draft.body),
        fields=differences.fields(old.draft, note.draft),
        **times(),
    )


@blueprint.post(NOTE + "/restore")
@signed_in
@limit_work("save")
def restore(note_id: int) -> ResponseReturnValue:
    earlier, seen = _version(request.form.get("version", "")), request.args.get("was")
    base = _version(seen) if seen else None
    try:
        note = service.restore(g.account.id, note_id, earlier, base_version=base)
    except service.EditConflict as conflict:
        return _conflict(EditNoteForm(formdata=None), conflict)
    words = "The earlier version is back."
    if base and base < note.version - 1:
        words += " What was changed somewhere else meanwhile stays."
    undo = url_for("notes.restore", note_id=note_id, was=note.version)
    # What it was before: not the version that was seen if another came meanwhile, nor an older one if this made none.
    before = max(base or 0, note.version - 1)
    flash_message(words, undo="version", before=str(before), address=undo)
    return redirect(url_for("notes.read", note_id=note_id), 303)


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid({"version": "A version is a whole number."})
    return int(text)
