"""The JSON API of notes and tasks: each operation reads its input, calls the service once, and answers."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from flask import Blueprint, Response, g, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from app import db
from app.api.answers import answer, dumps, moment, not_modified
from app.api.models import Answer, Problem
from app.api.operations import JSON, MERGE_PATCH, NDJSON, operation
from app.api.reading import Boolean, Day, Fields, Number
from app.errors import AppError, Invalid, Unavailable
from app.notes import filters, note_lists, service
from app.notes.drafts import TAG_FORBIDS, TAGS_AT_MOST, Draft, tidy_tag
from app.notes.filters import Filter
from app.notes.list_rows import ListRow
from app.notes.models import TAG_LENGTH, TITLE_LENGTH
from app.web import error_responses
from app.web.access import token
from app.web.cookies import csrf
from app.work_limits import limit_work

blueprint = Blueprint("notes_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)  # a browser never sends a token by itself

LARGEST_ID = 2**53 - 1  # a number that JavaScript can hold
LARGEST_VERSION = 2**31 - 1
NOTE = "/notes/<id:note_id>"
BATCH = 100

Versions = Collection[int] | None
Status = Literal["none", "open", "done"]
Place = Literal["notes", "archive", "trash"]


# --- What is sent ------------------------------------------------------------------------------------------------

Title = Annotated[str, Field(json_schema_extra={"maxLength": TITLE_LENGTH})]
TAG_PATTERN = f"^{TAG_FORBIDS.pattern.replace('[', '[^', 1)}+$"
Tag = Annotated[str, Field(json_schema_extra={"maxLength": TAG_LENGTH, "pattern": TAG_PATTERN})]
Tags = Annotated[list[Tag], Field(json_schema_extra={"maxItems": TAGS_AT_MOST})]


DueOn = Field(
    None, description="A day of the person's calendar, in no zone. It makes a note a task: `none` becomes `open`."
)


class NewNote(Fields):
    """A note needs a title or a text."""

    title: Title = ""
    body: str = Field("", description="Markdown.")
    tags: Tags = Field(default=[])
    status: Status = "none"
    due_on: date | None = DueOn
    pinned: bool = False

    def draft(self) -> Draft:
        return Draft(self.title, self.body, tuple(self.tags), self.status, self.due_on)


class WholeNote(NewNote):
    place: Place = "notes"

    def changes(self) -> dict[str, Any]:
        return self.model_dump() | {"tags": tuple(self.tags)}


class NotePatch(Fields):
    """A JSON merge patch (RFC 7396): what is missing stays, null takes a field back to what a new note has."""

    title: Title | None = None
    body: str | None = None
    tags: Tags | None = None
    status: Status | None = None
    due_on: date | None = DueOn
    pinned: bool | None = None
    place: Place | None = None

    def changes(self) -> dict[str, Any]:
        given = self.model_dump(exclude_unset=True)
        meant = {
            name: WholeNote.model_fields[name].default if value is None else value for name, value in given.items()
        }
        return meant | ({"tags": tuple(meant["tags"])} if "tags" in meant else {})


class StatusChange(Fields):
    status: Status


class Restoring(Fields):
    version: int = Field(ge=1, le=LARGEST_VERSION, description="The older version whose content is wanted again.")


class TagName(Fields):
    name: Tag


class Paging(Fields):
    limit: Number = Field(note_lists.PAGE, ge=1, le=100)
    cursor: str | None = Field(None, description="`next` of the page before.")


class NoteFilter(Paging):
    q: str | None = Field(None, description="Words, as in the search field; at most 200 notes are found.")
    status: Literal["open", "done"] | None = None
    tag: str | None = None
    archived: Boolean | None = None
    pinned: Boolean | None = None
    due_before: Day | None = Field(None, description="Open tasks that are due before this day.")


class TaskFilter(Paging):
    status: Literal["open", "done"] | None = None
    due_before: Day | None = Field(None, description="Open tasks that are due before this day.")


class BatchCreate(Fields):
    do: Literal["create"]
    note: NewNote
    key: str | None = Field(None, description="As Idempotency-Key.")


class _OnNote(Fields):
    id: int = Field(ge=1, le=LARGEST_ID)
    version: int = Field(ge=1, le=LARGEST_VERSION, description="As If-Match.")


class BatchUpdate(_OnNote):
    do: Literal["update"]
    note: NotePatch


class BatchDelete(_OnNote):
    do: Literal["delete"]


Step = Annotated[BatchCreate | BatchUpdate | BatchDelete, Field(discriminator="do")]


class Batch(Fields):
    operations: list[Step] = Field(min_length=1, max_length=BATCH)


# --- What is answered --------------------------------------------------------------------------------------------


class _NoteFields(Answer):
    id: int
    version: int
    title: str
    tags: list[str]
    status: Status
    due_on: str | None = Field(json_schema_extra={"format": "date"})
    pinned: bool
    place: Place
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    changed_at: str = Field(json_schema_extra={"format": "date-time"})


class Note(_NoteFields):
    body: str


class NoteItem(_NoteFields):
    excerpt: str = Field(description="The beginning of the text.")


class NoteList(Answer):
    items: list[NoteItem]
    next: str | None


class RevisionItem(Answer):
    version: int
    replaced_at: str = Field(json_schema_extra={"format": "date-time"})
    title: str


class RevisionList(Answer):
    items: list[RevisionItem]
    next: str | None


class Content(Answer):
    version: int
    title: str
    body: str
    tags: list[str]
    status: Status
    due_on: str | None = Field(json_schema_extra={"format": "date"})


class TagItem(Answer):
    name: str


class TagList(Answer):
    items: list[TagItem]
    next: str | None


class Renamed(Answer):
    changed: int = Field(description="How many notes were changed by this request.")
    complete: bool = Field(description="False: there are more; send the same again.")


class StepResult(Answer):
    status: int
    note: Note | None = None
    problem: Problem | None = None


class BatchResult(Answer):
    results: list[StepResult] = Field(description="One for each operation, in their order.")


class ExportLine(Answer):
    """One line: a note, or an older content of the note before it."""

    note: Note | None = None
    revision: Content | None = None


def note_json(note: service.Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "version": note.version,
        **draft_json(note.draft),
        "pinned": note.pinned,
        "place": note.place,
        "created_at": moment(note.created_at),
        "changed_at": moment(note.changed_at),
    }


def draft_json(draft: Draft) -> dict[str, Any]:
    return {
        "title": draft.title,
        "body": draft.body,
        "tags": draft.tags,
        "status": draft.status,
        "due_on": draft.due_on,
    }


def items_json(rows: Sequence[ListRow]) -> list[dict[str, Any]]:
    return [
        {
            "id": note_id,
            "version": version,
            "title": title,
            "excerpt": excerpt,
            "tags": tags.split(),
            "status": status,
            "due_on": due_on,
            "pinned": bool(pinned),
            "place": place,
            "created_at": moment(created_at),
            "changed_at": moment(changed_at),
        }
        # Unpacked at once: asking for each name costs twice as much.
        for note_id, version, title, excerpt, tags, status, due_on, pinned, place, created_at, changed_at, _, _ in rows
    ]


def _page(found: tuple[note_lists.Page, str | None]) -> Response:
    page, following = found
    return answer({"items": items_json(page.rows), "next": following})


def _whole(note: service.Note, status: int = 200, location: str | None = None) -> Response:
    return answer(note_json(note), status, version=note.version, location=location)


# --- Notes -------------------------------------------------------------------------------------------------------

ID = "$response.body#/id"
TAG = "$response.header.ETag"
ON_NOTE = {"note_id": ID}
ON_VERSION = {"note_id": ID, "header.If-Match": TAG}
LINKS = {
    "get_note": ON_NOTE,
    "replace_note": ON_VERSION,
    "patch_note": ON_VERSION,
    "delete_note": ON_VERSION,
    "list_revisions": ON_NOTE,
    "get_revision": {"note_id": ID, "version": "$response.body#/version"},
    "set_status": ON_NOTE,
}


@blueprint.get("/notes")
@token("read")
@limit_work("search")
@operation("List or search notes", {200: NoteList}, query=NoteFilter)
def list_notes(query: NoteFilter) -> ResponseReturnValue:
    wanted = Filter(query.q, query.status, query.tag, query.archived, query.pinned, query.due_before)
    return _page(filters.page(g.account.id, wanted, query.cursor, query.limit))


@blueprint.post("/notes")
@token("write")
@limit_work("save")
@operation("Create a note", {201: Note}, body=NewNote, idempotency_key=True, links=LINKS)
def create_note(body: NewNote) -> ResponseReturnValue:
    note = _create(body, request.headers.get("Idempotency-Key"), "Idempotency-Key")
    return _whole(note, 201, url_for("notes_api.get_note", note_id=note.id))


def _create(sent: NewNote, key: str | None, name: str) -> service.Note:
    try:
        return service.create(g.account.id, sent.draft(), service.new_key() if key is None else key, pinned=sent.pinned)
    except Invalid as error:
        raise Invalid({name if field == "key" else field: said for field, said in error.fields.items()}) from None


@blueprint.get(NOTE)
@token("read")
@limit_work("save")
@operation("Read a note", {200: Note, 304: None}, if_none_match=True)
def get_note(note_id: int) -> ResponseReturnValue:
    note = service.get(g.account.id, note_id)
    return not_modified(note.version) or _whole(note)


@blueprint.put(NOTE)
@token("write")
@limit_work("save")
@operation("Replace a note", {200: Note}, body=WholeNote, if_match="required")
def replace_note(note_id: int, body: WholeNote, versions: Versions) -> ResponseReturnValue:
    return _whole(service.update_fields(g.account.id, note_id, body.changes(), versions))


@blueprint.patch(NOTE)
@token("write")
@limit_work("save")
@operation(
    "Change some fields of a note", {200: Note}, body=NotePatch, accepts=(MERGE_PATCH, JSON), if_match="required"
)
def patch_note(note_id: int, body: NotePatch, versions: Versions) -> ResponseReturnValue:
    return _whole(service.update_fields(g.account.id, note_id, body.changes(), versions))


@blueprint.delete(NOTE)
@token("write")
@limit_work("save")
@operation(
    "Delete a note",
    {204: None},
    if_match="required",
    about="It goes to the trash for thirty days; PATCH its place to bring it back.",
)
def delete_note(note_id: int, versions: Versions) -> ResponseReturnValue:
    service.move(g.account.id, note_id, "trash", versions)
    return "", 204


@blueprint.get("/trash")
@token("read")
@limit_work("history")
@operation("List deleted notes", {200: NoteList}, query=Paging)
def list_trash(query: Paging) -> ResponseReturnValue:
    return _page(filters.in_trash(g.account.id, query.cursor, query.limit))


# --- History -----------------------------------------------------------------------------------------------------


@blueprint.get(NOTE + "/revisions")
@token("read")
@limit_work("history")
@operation("List a note's older contents", {200: RevisionList}, query=Paging)
def list_revisions(note_id: int, query: Paging) -> ResponseReturnValue:
    service.get(g.account.id, note_id)
    rows = service.revisions(g.account.id, note_id, _version(query.cursor), query.limit + 1)
    items = [
        {"version": row.version, "replaced_at": moment(row.replaced_at), "title": row.title}
        for row in rows[: query.limit]
    ]
    return answer({"items": items, "next": str(items[-1]["version"]) if len(rows) > query.limit else None})


def _version(cursor: str | None) -> int:
    if cursor is None:
        return LARGEST_VERSION
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 11):
        raise Invalid({"cursor": "Send `next` of the page before, as it was."})
    return min(int(cursor), LARGEST_VERSION)


@blueprint.get(NOTE + "/revisions/<id:version>")
@token("read")
@operation("Read the content that a note had at a version", {200: Content})
def get_revision(note_id: int, version: int) -> ResponseReturnValue:
    draft = service.content_at(service.get(g.account.id, note_id), version)
    return answer({"version": version, **draft_json(draft)})


@blueprint.post(NOTE + "/restore")
@token("write")
@operation("Make an older content the newest", {200: Note}, body=Restoring, if_match="optional")
def restore_note(note_id: int, body: Restoring, versions: Versions) -> ResponseReturnValue:
    return _whole(service.restore(g.account.id, note_id, body.version, versions))


# --- Tasks -------------------------------------------------------------------------------------------------------


@blueprint.get("/tasks")
@token("read")
@operation(
    "List tasks", {200: NoteList}, query=TaskFilter, about="Notes with a status: open ones by due date, then done ones."
)
def list_tasks(query: TaskFilter) -> ResponseReturnValue:
    if query.status or query.due_before:
        wanted = Filter(status=query.status, due_before=query.due_before)
        return _page(filters.page(g.account.id, wanted, query.cursor, query.limit))
    return _page(filters.tasks(g.account.id, query.cursor, query.limit))


@blueprint.post("/tasks/<id:note_id>/status")
@token("write")
@operation("Open a task, mark it as done, or make it a plain note", {200: Note}, body=StatusChange, if_match="optional")
def set_status(note_id: int, body: StatusChange, versions: Versions) -> ResponseReturnValue:
    return _whole(service.set_status(g.account.id, note_id, body.status, versions))


# --- Tags --------------------------------------------------------------------------------------------------------


@blueprint.get("/tags")
@token("read")
@operation("List the tags of notes", {200: TagList}, query=Paging)
def list_tags(query: Paging) -> ResponseReturnValue:
    names = note_lists.tags(g.account.id, query.cursor or "", query.limit + 1)
    items = [{"name": name} for name in names[: query.limit]]
    return answer({"items": items, "next": tidy_tag(names[query.limit - 1]) if len(names) > query.limit else None})


@blueprint.post("/tags/<path:name>/rename")
@token("write")
@operation(
    "Rename a tag",
    {200: Renamed},
    body=TagName,
    about="A tag that exists already takes the other in. Send it again until the answer is complete.",
)
def rename_tag(name: str, body: TagName) -> ResponseReturnValue:
    try:
        changed, complete = service.rename_tag(g.account.id, name, body.name)
    except Invalid as error:
        raise Invalid({"name": error.fields["tags"]}) from None
    return answer({"changed": changed, "complete": complete})


# --- Many at once ------------------------------------------------------------------------------------------------


@blueprint.post("/notes/batch")
@token("write")
@operation(
    "Do several things",
    {200: BatchResult},
    body=Batch,
    about="Each operation succeeds or fails by itself, and has a result of its own with the status it would have had.",
)
def batch_notes(body: Batch) -> ResponseReturnValue:
    return answer({"results": list(_each(body.operations))})


def _each(steps: list[Step]) -> Iterator[dict[str, Any]]:
    down: Unavailable | None = None
    for step in steps:
        try:
            if down:  # waiting for it again with each step would take minutes
                raise down
            yield _do(step)
        except AppError as error:
            down = error if isinstance(error, Unavailable) else down
            yield _failed(error)


def _do(step: Step) -> dict[str, Any]:
    if isinstance(step, BatchCreate):
        return {"status": 201, "note": note_json(_create(step.note, step.key, "key"))}
    if isinstance(step, BatchUpdate):
        note = service.update_fields(g.account.id, step.id, step.note.changes(), {step.version})
        return {"status": 200, "note": note_json(note)}
    service.move(g.account.id, step.id, "trash", {step.version})
    return {"status": 204}


def _failed(error: AppError) -> dict[str, Any]:
    problem = error_responses.problem(error)
    current = {"note": note_json(error.current)} if isinstance(error, service.Moved) else {}
    return {"status": problem["status"], "problem": problem, **current}


# --- Everything --------------------------------------------------------------------------------------------------


@blueprint.get("/export")
@token("read")
@operation("Everything, as one JSON object a line", {200: ExportLine}, produces=NDJSON)
def export_notes() -> ResponseReturnValue:
    return Response(stream_with_context(_lines(g.account.id)), mimetype=NDJSON)


def _lines(owner: int) -> Iterator[bytes]:
    for note, _ in service.each(owner):
        yield dumps({"note": note_json(note)}) + b"\n"
        if note.version > 1:
            for older in service.history(note):
                yield dumps({"revision": {"version": older.version, **draft_json(older.draft)}}) + b"\n"
        # Between two writes nothing is held: a slow reader must not keep a connection from others.
        db.release()


# --- A change that came too late ---------------------------------------------------------------------------------


@blueprint.errorhandler(service.Moved)
def moved(error: service.Moved) -> ResponseReturnValue:
    response = error_responses.answer(412, error.message, more={"current": note_json(error.current)})
    response.headers["ETag"] = f'"{error.current.version}"'
    return response
