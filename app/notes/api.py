"""The JSON API of notes and tasks: each operation reads its input, calls the service once, and answers."""

from __future__ import annotations

import errno
import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, current_app, g, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app import db
from app.accounts import tokens
from app.api.answers import answer, dumps, not_modified, rfc3339
from app.api.etags import etag
from app.api.operations import JSON, MERGE_PATCH, NDJSON, Argument, Section, operation
from app.errors import AppError, Invalid, Unavailable
from app.files import service as files
from app.files.api_models import FileList, file_json
from app.ids import ID_SCHEMA
from app.notes import changes, checklists, filters, note_lists, service, tag_names
from app.notes.api_models import (
    LARGEST_VERSION,
    TAG_IN_ADDRESS,
    Batch,
    BatchCreate,
    BatchResult,
    BatchUpdate,
    ChangeFilter,
    ChangeList,
    Content,
    ExportLine,
    NewNote,
    Note,
    NoteFilter,
    NoteList,
    NotePatch,
    Paging,
    RenameResult,
    RevisionList,
    StaleProblem,
    StatusChange,
    Step,
    TagList,
    TagName,
    TaskFilter,
    VersionToRestore,
    WholeNote,
)
from app.notes.checklists import Checklist
from app.notes.drafts import Draft, tidy_tag
from app.notes.filters import Filter
from app.notes.list_rows import ListRow, unpack
from app.notes.models import TAG_LENGTH
from app.web import error_responses
from app.web.access import token
from app.web.cookies import csrf
from app.work_limits import limit_work

blueprint = Blueprint("notes_api", __name__, url_prefix="/api/v1")
csrf.exempt(blueprint)  # a browser never sends a token by itself

NOTE = "/notes/<id:note_id>"
Versions = Collection[int] | None

VERSION = {"type": "integer", "minimum": 1, "maximum": LARGEST_VERSION}
OF_NOTE = {
    "note_id": Argument("The id of the note.", 887654321098765, ID_SCHEMA),
    "version": Argument("A version that the note has or had.", 1, VERSION),
}
OF_TAG = {
    "name": Argument(
        "The tag, as the list of tags has it, percent-encoded. A slash may stand between two other characters only.",
        "garden",
        {"type": "string", "minLength": 1, "maxLength": TAG_LENGTH, "pattern": TAG_IN_ADDRESS},
    )
}
NOTES = Section(
    "Notes",
    "Notes lie in one of three places: `notes`, `archive` and `trash`. Archived notes are in no list but that of"
    " `archived=true`; they are found by a search (`q`), which can leave them out (`archived=false`), and renaming a"
    " tag reaches them; their tags are not listed and their tasks are in no list of tasks. Deleted notes are in the"
    " list of the trash only. The export and the changes hold the notes of all three places.\n\n"
    "A note's ETag is its version. A change must send it in `If-Match`, so that no other change is overwritten.",
    OF_NOTE,
)
HISTORY = Section("History", "Every content that a note has had is kept for as long as the note.", OF_NOTE)
TASKS = Section("Tasks", "Tasks are notes with a status: open or done.", OF_NOTE)
TAGS = Section(
    "Tags",
    "Tags come with the notes that have them, and go with the last one.",
    OF_TAG,
)

CHANGES = Section(
    "Changes",
    "For programs that keep a copy of an account's notes: what was created, changed or deleted since they last asked.",
)

STALE: dict[str, Any] = {"problems": {412: StaleProblem}}
SECONDS_UNCHECKED = 1.0  # of an export that takes long
RACE = "The note is being changed by too many at once, and nothing was done; send it again."
CHANGES_NOTE: dict[str, Any] = {"etag": True, "errors": {409: RACE}, **STALE}


# --- Shapes ------------------------------------------------------------------------------------------------------


def note_json(note: service.Note) -> dict[str, Any]:
    return {
        "id": note.id,
        "version": note.version,
        **draft_json(note.draft),
        "pinned": note.pinned,
        "place": note.place,
        "created_at": rfc3339(note.created_at),
        "changed_at": rfc3339(note.changed_at),
        "checklist": checklist_json(checklists.count(note.draft.body)),
    }


def checklist_json(items: Checklist) -> dict[str, int] | None:
    return items._asdict() if items.total else None


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
            "id": id_,
            "version": version,
            "title": title,
            "excerpt": excerpt,
            "tags": tags.split(),
            "status": status,
            "due_on": due,
            "pinned": bool(pinned),
            "place": place,
            "created_at": rfc3339(created_at),
            "changed_at": rfc3339(changed_at),
            "checklist": checklist_json(unpack(items)) if items else None,
        }
        # Unpacked at once: asking for each name costs twice as much.
        for id_, version, title, excerpt, tags, status, due, pinned, place, created_at, changed_at, items, *_ in rows
    ]


def _list_answer(page: note_lists.Page, following: str | None) -> Response:
    return answer({"items": items_json(page.rows), "next": following})


def _note_answer(note: service.Note, status: int = 200, location: str | None = None) -> Response:
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
@operation(
    "List or search notes",
    {200: NoteList},
    section=NOTES,
    result="The notes of this page; none if nothing matches.",
    description=(
        "Without filters: what is in `notes`, neither archived nor deleted; pinned ones first, then last changed"
        " first. `tag`, `archived` and `pinned` keep this order; `status=open` and `due_before` order by due date,"
        " `status=done` by last done; `q` finds at most 200 notes, also archived ones, best hits first.\n\n"
        "What no index answers is refused (422). `tag` goes with `archived` or `pinned`; `status=open` with"
        " `due_before`; `q` with everything but `due_before`; `sort=created` with `archived`; `sort=id` and"
        " `status=done` with nothing."
    ),
    query=NoteFilter,
)
def list_notes(query: NoteFilter) -> ResponseReturnValue:
    wanted = Filter(query.q, query.status, query.tag, query.archived, query.pinned, query.due_before, query.sort)
    return _list_answer(*filters.page(g.account.id, wanted, query.cursor, query.limit))


@blueprint.post("/notes")
@token("write")
@limit_work("save")
@operation(
    "Create a note",
    {201: Note},
    section=NOTES,
    result="The note was created; or, with a key that was sent before, it is the note of the first time, as it is now.",
    description=(
        "The same request with the same `Idempotency-Key` creates nothing more: it answers the note of the first time,"
        " as it is now."
    ),
    body=NewNote,
    idempotency_key=True,
    etag=True,
    location=True,
    errors={
        404: "The note that was created with this key has been deleted for good since.",
        409: "No id could be found for the note, as too many are being created; send it again.",
        422: "A field breaks a rule, or the key was sent before with another content; `errors` names each.",
    },
    links=LINKS,
)
def create_note(body: NewNote, key: str | None) -> ResponseReturnValue:
    note = _create(body, key)
    return _note_answer(note, 201, url_for("notes_api.get_note", note_id=note.id))


def _create(new: NewNote, key: str | None) -> service.Note:
    return service.create(g.account.id, new.draft(), service.new_key() if key is None else key, pinned=new.pinned)


@blueprint.get(NOTE)
@token("read")
@operation(
    "Read a note",
    {200: Note, 304: None},
    section=NOTES,
    result="The note.",
    description="Notes in the archive and in the trash are read like all others.",
    if_none_match=True,
    etag=True,
)
def get_note(note_id: int) -> ResponseReturnValue:
    note = service.get(g.account.id, note_id)
    return not_modified(note.version) or _note_answer(note)


@blueprint.get(NOTE + "/files")
@token("read")
@operation(
    "List the files of a note",
    {200: FileList},
    section=NOTES,
    result="The files.",
    description=f"Those that its text mentions or did so in an earlier version: at most {files.LARGEST_LIST}.",
)
def list_files(note_id: int) -> ResponseReturnValue:
    service.get(g.account.id, note_id)
    return answer({"items": [file_json(one) for one in files.of_note(g.account.id, note_id)]})


@blueprint.put(NOTE)
@token("write")
@limit_work("save")
@operation(
    "Replace a note",
    {200: Note},
    section=NOTES,
    result="The note as it is now.",
    description="A field that is missing becomes what a new note has, except for `place`: the note stays where it is.",
    body=WholeNote,
    if_match="required",
    **CHANGES_NOTE,
)
def replace_note(note_id: int, body: WholeNote, versions: Versions) -> ResponseReturnValue:
    return _note_answer(service.update_fields(g.account.id, note_id, body.changes(), versions))


@blueprint.patch(NOTE)
@token("write")
@limit_work("save")
@operation(
    "Change some fields of a note",
    {200: Note},
    section=NOTES,
    result="The note as it is now.",
    description=(
        "A JSON merge patch (RFC 7396); `application/json` is taken for one, too. `place` archives, deletes and brings"
        " back. A patch that changes nothing raises no version."
    ),
    body=NotePatch,
    accepts=(MERGE_PATCH, JSON),
    if_match="required",
    **CHANGES_NOTE,
)
def patch_note(note_id: int, body: NotePatch, versions: Versions) -> ResponseReturnValue:
    return _note_answer(service.update_fields(g.account.id, note_id, body.changes(), versions))


@blueprint.delete(NOTE)
@token("write")
@limit_work("save")
@operation(
    "Delete a note",
    {204: None},
    section=NOTES,
    result="The note is in the trash.",
    description="It goes to the trash for thirty days; PATCH its place to bring it back.",
    if_match="required",
    errors={409: RACE},
    **STALE,
)
def delete_note(note_id: int, versions: Versions) -> ResponseReturnValue:
    service.move(g.account.id, note_id, "trash", versions)
    return "", 204


@blueprint.get("/trash")
@token("read")
@operation(
    "List deleted notes",
    {200: NoteList},
    section=NOTES,
    result="The deleted notes of this page.",
    description="Last deleted first. What has been here for thirty days is deleted for good.",
    query=Paging,
)
def list_trash(query: Paging) -> ResponseReturnValue:
    return _list_answer(*filters.in_trash(g.account.id, query.cursor, query.limit))


# --- History -----------------------------------------------------------------------------------------------------


@blueprint.get(NOTE + "/revisions")
@token("read")
@limit_work("history")
@operation(
    "List a note's older contents",
    {200: RevisionList},
    section=HISTORY,
    result="The older contents of this page; none if the content has never changed.",
    description="Newest first; without the present content. Pinning and moving leave no older content.",
    query=Paging,
)
def list_revisions(note_id: int, query: Paging) -> ResponseReturnValue:
    service.get(g.account.id, note_id)
    rows = service.revisions(g.account.id, note_id, _version(query.cursor), query.limit + 1)
    items = [
        {"version": row.version, "replaced_at": rfc3339(row.replaced_at), "title": row.title}
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
@limit_work("history")
@operation(
    "Read the content that a note had at a version",
    {200: Content},
    section=HISTORY,
    result="The content that the note had.",
    description="Every version from 1 to the present one can be read.",
)
def get_revision(note_id: int, version: int) -> ResponseReturnValue:
    draft = service.content_at(service.get(g.account.id, note_id), version)
    return answer({"version": version, **draft_json(draft)})


@blueprint.post(NOTE + "/restore")
@token("write")
@limit_work("save")
@operation(
    "Make an older content the newest",
    {200: Note},
    section=HISTORY,
    result="The note as it is now.",
    description="The present content is kept as an older one. `If-Match` is needed only to restore nothing unseen.",
    body=VersionToRestore,
    if_match="optional",
    **CHANGES_NOTE,
)
def restore_note(note_id: int, body: VersionToRestore, versions: Versions) -> ResponseReturnValue:
    return _note_answer(service.restore(g.account.id, note_id, body.version, versions))


# --- Tasks -------------------------------------------------------------------------------------------------------


@blueprint.get("/tasks")
@token("read")
@operation(
    "List tasks",
    {200: NoteList},
    section=TASKS,
    result="The tasks of this page.",
    description=(
        "Open ones by due date, those without one last, then done ones, last done first. Archived and deleted tasks are"
        " left out. `due_before` goes with `status=open` only."
    ),
    query=TaskFilter,
)
def list_tasks(query: TaskFilter) -> ResponseReturnValue:
    if query.status or query.due_before:
        wanted = Filter(status=query.status, due_before=query.due_before)
        return _list_answer(*filters.page(g.account.id, wanted, query.cursor, query.limit))
    return _list_answer(*filters.tasks(g.account.id, query.cursor, query.limit))


@blueprint.post("/tasks/<id:note_id>/status")
@token("write")
@limit_work("save")
@operation(
    "Open a task, mark it as done, or make it a plain note",
    {200: Note},
    section=TASKS,
    result="The note as it is now.",
    description="Says what the status shall be, so sending it twice does no harm; `If-Match` is not needed.",
    body=StatusChange,
    if_match="optional",
    **CHANGES_NOTE,
)
def set_status(note_id: int, body: StatusChange, versions: Versions) -> ResponseReturnValue:
    return _note_answer(service.set_status(g.account.id, note_id, body.status, versions))


# --- Tags --------------------------------------------------------------------------------------------------------


@blueprint.get("/tags")
@token("read")
@operation(
    "List the tags of notes",
    {200: TagList},
    section=TAGS,
    result="The tags of this page.",
    description="In the order of their letters; without those that only archived or deleted notes have.",
    query=Paging,
)
def list_tags(query: Paging) -> ResponseReturnValue:
    names = tag_names.tags(g.account.id, query.cursor or "", query.limit + 1)
    items = [{"name": name} for name in names[: query.limit]]
    return answer({"items": items, "next": tidy_tag(names[query.limit - 1]) if len(names) > query.limit else None})


@blueprint.post("/tags/<path:name>/rename")
@token("write")
@limit_work("save")
@operation(
    "Rename a tag",
    {200: RenameResult},
    section=TAGS,
    result="The tag was renamed on some notes or on all.",
    description=(
        "Also on archived notes; deleted ones keep it. A request renames on at most 200 notes: send it again until the"
        " answer is complete. The notes keep their places in lists."
    ),
    body=TagName,
    errors={404: "No note has this tag; perhaps it was renamed already.", 409: RACE},
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
@limit_work("save")
@operation(
    "Do several things",
    {200: BatchResult},
    section=NOTES,
    result="A result for each operation, in their order, even if all have failed.",
    description=(
        "At most 100 operations, in their order. Each succeeds or fails by itself, and has a result of its own with the"
        " status that it would have had."
    ),
    body=Batch,
)
def batch_notes(body: Batch) -> ResponseReturnValue:
    return answer({"results": list(_run_steps(body.operations))})


def _run_steps(steps: list[Step]) -> Iterator[dict[str, Any]]:
    outage: Unavailable | None = None
    for step in steps:
        try:
            if outage:  # waiting for it again with each step would take minutes
                raise outage
            yield _run_step(step)
        except AppError as error:
            outage = error if isinstance(error, Unavailable) else outage
            yield _problem_result(error)


def _run_step(step: Step) -> dict[str, Any]:
    if isinstance(step, BatchCreate):
        return {"status": 201, "note": note_json(_create(step.note, step.key))}
    if isinstance(step, BatchUpdate):
        note = service.update_fields(g.account.id, step.id, step.note.changes(), {step.version})
        return {"status": 200, "note": note_json(note)}
    service.move(g.account.id, step.id, "trash", {step.version})
    return {"status": 204}


def _problem_result(error: AppError) -> dict[str, Any]:
    problem = error_responses.problem(error)
    current = {"note": note_json(error.current)} if isinstance(error, service.Moved) else {}
    return {"status": problem["status"], "problem": problem, **current}


# --- Changes -----------------------------------------------------------------------------------------------------


@blueprint.get("/changes")
@token("read")
@operation(
    "Follow the changes of notes",
    {200: ChangeList},
    section=CHANGES,
    result="The changes of this page; none if nothing has changed.",
    description=(
        "Without parameters it begins with the notes that there are, of all three places, and goes on with what has"
        " changed since, oldest change first. Follow `next` as `cursor` until it is null; keep `changed_since` and send"
        " it later; if both are sent, `cursor` counts. A note that changes meanwhile may come twice, but no change is"
        " missed: of two answers about one note keep the later."
    ),
    query=ChangeFilter,
    errors={422: "A parameter breaks a rule, or the position is unknown: begin without one."},
)
def list_changes(query: ChangeFilter) -> ResponseReturnValue:
    page = changes.since(g.account.id, _position(query), query.limit)
    items = [{"id": note_id, "note": items_json([note])[0] if note else None} for note_id, note in page.changes]
    position = str(page.position)
    return answer({"items": items, "next": None if page.is_last else position, "changed_since": position})


def _position(query: ChangeFilter) -> changes.Position | None:
    for name in ("cursor", "changed_since"):
        if (typed := getattr(query, name)) is not None:
            return changes.Position.parse(typed, name)
    return None


# --- Everything --------------------------------------------------------------------------------------------------


@blueprint.get("/export")
@token("read")
@limit_work("export")
@operation(
    "Read everything, one JSON object a line",
    {200: ExportLine},
    section=NOTES,
    result="A line for each note, for each older content and for each file.",
    description=(
        "All notes by their ids, archived and deleted ones too, each with its older contents after it; then all files"
        " by theirs, also those that no note mentions."
    ),
    produces=NDJSON,
)
def export_notes() -> ResponseReturnValue:
    return Response(stream_with_context(_export_lines(g.account.id)), mimetype=NDJSON)


def _export_lines(owner: int) -> Iterator[bytes]:
    checked_at = time.monotonic()
    with db.reader():
        for line in _everything(owner):
            if time.monotonic() - checked_at >= SECONDS_UNCHECKED:
                _check_token(owner)
                checked_at = time.monotonic()
            # Between two writes nothing is held: a slow client must not keep a connection from others.
            db.release()
            yield dumps(line) + b"\n"


def _everything(owner: int) -> Iterator[dict[str, Any]]:
    for note, _ in service.each(owner):
        yield {"note": note_json(note)}
        if note.version > 1:
            for older in service.history(note):
                yield {"revision": {"version": older.version, **draft_json(older.draft)}}
    for file in files.each(owner):
        yield {"file": file_json(file)}


def _check_token(owner: int) -> None:
    """Cut the connection of who is not let in any more, so that nobody takes what has arrived for everything.

    An error of ours would come too late for an answer; this one is what a server logs as a connection that is gone.
    """
    if not tokens.is_good(owner, g.api_token[0]):
        current_app.logger.warning("export ended: the token is not good any more", extra={"fields": {"account": owner}})
        raise ConnectionResetError(errno.ECONNRESET, "The token is not good any more.")


# --- A change that came too late ---------------------------------------------------------------------------------


@blueprint.errorhandler(service.Moved)
def stale_answer(error: service.Moved) -> ResponseReturnValue:
    response = error_responses.answer(412, error.message, more={"current": note_json(error.current)})
    response.headers["ETag"] = etag(error.current.version)
    return response
