"""What programs send and are answered about notes: the shapes, their limits, and an example of each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from app.api.models import Answer, Fields, Problem, example
from app.api.reading import Boolean, Date, Number
from app.files.api_models import File
from app.ids import LARGEST_ID
from app.notes.drafts import BODY_BYTES, TAG_FORBIDS, TAGS_AT_MOST, Draft
from app.notes.models import TAG_LENGTH, TITLE_LENGTH
from app.notes.note_lists import PAGE
from app.notes.queries import TYPED_AT_MOST, WORDS_AT_MOST

LARGEST_VERSION = 2**31 - 1
LARGEST_PAGE = 100
LARGEST_BATCH = 100

Status = Literal["none", "open", "done"]
Place = Literal["notes", "archive", "trash"]
Sort = Literal["changed", "created", "id"]

Title = Annotated[str, Field(json_schema_extra={"maxLength": TITLE_LENGTH})]
# The signs of markup and of code are written as numbers, because the page of the API shows the pattern.
FORBIDDEN = TAG_FORBIDS.pattern.translate({ord(sign): rf"\x{ord(sign):02x}" for sign in "`<>"})
TAG_PATTERN = f"^[^{FORBIDDEN.removeprefix('[')}+$"
# In an address: a slash at an end, or two in a row, would lead elsewhere.
_SEGMENT = f"[^/{FORBIDDEN.removeprefix('[')}+"
TAG_IN_ADDRESS = f"^{_SEGMENT}(/{_SEGMENT})*$"
Tag = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": TAG_LENGTH, "pattern": TAG_PATTERN})]
Tags = Annotated[list[Tag], Field(json_schema_extra={"maxItems": TAGS_AT_MOST})]

OF_TITLE = f"One line, at most {TITLE_LENGTH} characters."
OF_BODY = f"The text, in Markdown; at most {BODY_BYTES // 1024} KiB of UTF-8."
OF_TAGS = (
    f"At most {TAGS_AT_MOST} tags of at most {TAG_LENGTH} characters, without spaces and most signs that search or"
    " addresses need; `C#` and `a/b` are fine. They keep their spelling, each once whatever its capitals."
)
OF_STATUS = "`none` for a plain note, `open` or `done` for a task."
OF_DUE_ON = (
    "The day on which a task is due, or null; a calendar day, in no zone. It makes a note a task: a"
    " status of `none` becomes `open`."
)
OF_PINNED = "Pinned notes stand on top of lists."
OF_PLACE = "Where the note is: `notes`, `archive`, or `trash`, from which it goes for good after thirty days."

CONTENT_EXAMPLE: dict[str, Any] = {
    "title": "Paint the fence",
    "body": "Two coats, *green*.",
    "tags": ["garden"],
    "status": "open",
    "due_on": "2026-05-01",
}
NOTE_EXAMPLE: dict[str, Any] = {
    "id": 887654321098765,
    "version": 3,
    **CONTENT_EXAMPLE,
    "pinned": False,
    "place": "notes",
    "created_at": "2026-04-01T09:30:00.000000Z",
    "changed_at": "2026-04-02T17:05:12.345678Z",
    "checklist": {"done": 2, "total": 5},
}
ITEM_EXAMPLE: dict[str, Any] = {
    **{name: value for name, value in NOTE_EXAMPLE.items() if name != "body"},
    "excerpt": "Two coats, *green*.",
}


def _remove_default(schema: dict[str, Any]) -> None:
    del schema["default"]


# --- What is sent ------------------------------------------------------------------------------------------------


class NewNote(Fields):
    """A note needs a title or a text."""

    model_config = example({**CONTENT_EXAMPLE, "pinned": False})

    title: Title = Field("", description=OF_TITLE)
    body: str = Field("", description=OF_BODY)
    tags: Tags = Field([], description=OF_TAGS)
    status: Status = Field("none", description=OF_STATUS)
    due_on: Date | None = Field(None, description=OF_DUE_ON)
    pinned: bool = Field(False, description=OF_PINNED)

    def draft(self) -> Draft:
        return Draft(self.title, self.body, tuple(self.tags), self.status, self.due_on)


class WholeNote(NewNote):
    """A note needs a title or a text. What is missing becomes what a new note has, except for `place`, which stays."""

    model_config = example({**CONTENT_EXAMPLE, "pinned": True, "place": "notes"})

    place: Place = Field("notes", description=OF_PLACE, json_schema_extra=_remove_default)

    def changes(self) -> dict[str, Any]:
        excluded = set() if "place" in self.model_fields_set else {"place"}
        return self.model_dump(exclude=excluded) | {"tags": tuple(self.tags)}


class NotePatch(Fields):
    """A JSON merge patch (RFC 7396): what is missing stays, null takes a field back to what a new note has."""

    model_config = example({"body": "Three coats.", "due_on": None})

    title: Title | None = Field(None, description=OF_TITLE)
    body: str | None = Field(None, description=OF_BODY)
    tags: Tags | None = Field(None, description=OF_TAGS)
    status: Status | None = Field(None, description=OF_STATUS)
    due_on: Date | None = Field(None, description=OF_DUE_ON)
    pinned: bool | None = Field(None, description=OF_PINNED)
    place: Place | None = Field(None, description=OF_PLACE)

    def changes(self) -> dict[str, Any]:
        changes = {
            name: WholeNote.model_fields[name].default if value is None else value
            for name, value in self.model_dump(exclude_unset=True).items()
        }
        return changes | ({"tags": tuple(changes["tags"])} if "tags" in changes else {})


class StatusChange(Fields):
    model_config = example({"status": "done"})

    status: Status = Field(description=OF_STATUS)


class VersionToRestore(Fields):
    model_config = example({"version": 1})

    version: int = Field(ge=1, le=LARGEST_VERSION, description="The older version whose content is wanted again.")


class TagName(Fields):
    model_config = example({"name": "outside"})

    name: Tag = Field(description="The new name; a tag that exists already takes the other in.")


class Paging(Fields):
    limit: Number = Field(PAGE, ge=1, le=LARGEST_PAGE, description="The size of a page.", examples=[50])
    cursor: str | None = Field(
        None, description="`next` of the page before, as it was.", examples=["older.1775149512345678.887654321098765"]
    )


DUE_BEFORE: Any = Field(None, description="Open tasks that are due before this day.", examples=["2026-06-01"])


class NoteFilter(Paging):
    q: str | None = Field(
        None,
        description=(
            'Words, as in the search field: `fence`, `pai*`, `"two coats"`, `-shed`, `tag:garden`, `is:open`. At most'
            f" {WORDS_AT_MOST} words and {TYPED_AT_MOST} characters count; what follows is left out."
        ),
        examples=["fence -shed"],
    )
    status: Literal["open", "done"] | None = Field(None, description="Tasks that are open or done.", examples=["open"])
    tag: str | None = Field(
        None, description=f"Notes that have this tag, of at most {TAG_LENGTH} characters.", examples=["garden"]
    )
    archived: Boolean | None = Field(
        None, description="`true`: notes in the archive instead of the others; with `q`, only those.", examples=[True]
    )
    pinned: Boolean | None = Field(None, description="Pinned notes, or those that are not.", examples=[True])
    due_before: Date | None = DUE_BEFORE
    sort: Sort | None = Field(
        None,
        description=(
            "`changed`: pinned ones first, then last changed first; `created`: last created first; `id`: all notes of"
            " the account, archived and deleted ones too, in an order that no change alters. Not with `q`, `status` or"
            " `due_before`, which have orders of their own."
        ),
        examples=["created"],
    )


class TaskFilter(Paging):
    status: Literal["open", "done"] | None = Field(None, description="Tasks that are open or done.", examples=["open"])
    due_before: Date | None = DUE_BEFORE


class ChangeFilter(Paging):
    changed_since: str | None = Field(
        None,
        description="`changed_since` of an earlier answer, as it was; without it, from the beginning.",
        examples=["7"],
    )


class BatchCreate(Fields):
    do: Literal["create"] = Field(description="Create a note.")
    note: NewNote = Field(description="The note to create.")
    key: str | None = Field(
        None, description="As `Idempotency-Key`.", json_schema_extra={"maxLength": 64, "pattern": "^[ -~]+$"}
    )


class _OnNote(Fields):
    id: int = Field(ge=1, le=LARGEST_ID, description="The id of the note.")
    version: int = Field(ge=1, le=LARGEST_VERSION, description="The version that you have seen, as in `If-Match`.")


class BatchUpdate(_OnNote):
    do: Literal["update"] = Field(description="Change some fields of a note.")
    note: NotePatch = Field(description="The fields to change.")


class BatchDelete(_OnNote):
    do: Literal["delete"] = Field(description="Put a note into the trash.")


Step = Annotated[BatchCreate | BatchUpdate | BatchDelete, Field(discriminator="do")]


class Batch(Fields):
    model_config = example(
        {
            "operations": [
                {"do": "create", "note": {"title": "Buy paint"}, "key": "buy-paint"},
                {"do": "update", "id": 887654321098765, "version": 3, "note": {"status": "done"}},
                {"do": "delete", "id": 887654321098001, "version": 1},
            ]
        }
    )

    operations: list[Step] = Field(
        min_length=1, max_length=LARGEST_BATCH, description="What to do, in this order; at most 100 operations."
    )


# --- What is answered --------------------------------------------------------------------------------------------


class _Content(Answer):
    version: int = Field(description="A number that every change of the note raises.")
    title: str = Field(description=OF_TITLE)
    tags: list[str] = Field(description="Sorted.")
    status: Status = Field(description=OF_STATUS)
    due_on: str | None = Field(description=OF_DUE_ON, json_schema_extra={"format": "date"})


class Checklist(Answer):
    """The items of a text that can be ticked: lines such as `- [ ] milk`."""

    done: int = Field(description="How many are ticked.")
    total: int = Field(description="How many there are.")


class _NoteFields(_Content):
    id: int = Field(description="A whole number that rises with time and that JavaScript can hold.")
    pinned: bool = Field(description=OF_PINNED)
    place: Place = Field(description=OF_PLACE)
    created_at: str = Field(
        description="When the note was created, or was elsewhere before it was imported.",
        json_schema_extra={"format": "date-time"},
    )
    changed_at: str = Field(
        description="When title, text or tags were last changed.", json_schema_extra={"format": "date-time"}
    )
    checklist: Checklist | None = Field(description="How many items of the text are ticked; null if it has none.")


class Note(_NoteFields):
    model_config = example(NOTE_EXAMPLE)

    body: str = Field(description=OF_BODY)


class NoteItem(_NoteFields):
    """A note in a list, which holds the beginning of its text only."""

    excerpt: str = Field(description="The beginning of the text, at most 240 characters.")


class _List(Answer):
    next: str | None = Field(description="The `cursor` of the following page, or null.")


class NoteList(_List):
    model_config = example({"items": [ITEM_EXAMPLE], "next": None})

    items: list[NoteItem] = Field(description="The notes of this page.")


class Change(Answer):
    """The newest state of a note that was created, changed or deleted."""

    id: int = Field(description="The id of the note.")
    note: NoteItem | None = Field(description="The note as it is now; null when it was deleted for good.")


class ChangeList(_List):
    model_config = example(
        {
            "items": [{"id": 887654321098765, "note": ITEM_EXAMPLE}, {"id": 887654321098001, "note": None}],
            "next": None,
            "changed_since": "7",
        }
    )

    items: list[Change] = Field(description="Changes, oldest first; of each note the newest only.")
    changed_since: str = Field(description="Keep this, and send it to learn what changed after this page.")


class RevisionItem(Answer):
    version: int = Field(description="The last version that had this content.")
    replaced_at: str = Field(description="When it was replaced.", json_schema_extra={"format": "date-time"})
    title: str = Field(description="The title that the note had.")


class RevisionList(_List):
    model_config = example(
        {
            "items": [{"version": 2, "replaced_at": "2026-04-02T17:05:12.345678Z", "title": "Paint the fence"}],
            "next": None,
        }
    )

    items: list[RevisionItem] = Field(description="Older contents, newest first.")


class Content(_Content):
    """The content that a note has or had at a version."""

    model_config = example({"version": 2, **CONTENT_EXAMPLE})

    body: str = Field(description=OF_BODY)


class TagItem(Answer):
    name: str = Field(description="The tag.")


class TagList(_List):
    model_config = example({"items": [{"name": "garden"}, {"name": "house"}], "next": None})

    items: list[TagItem] = Field(description="Tags in the order of their letters.")


class RenameResult(Answer):
    model_config = example({"changed": 12, "complete": True})

    changed: int = Field(description="How many notes were changed by this request.")
    complete: bool = Field(description="False: there are more; send the same again.")


class StepResult(Answer):
    """What became of one operation of a batch."""

    status: int = Field(description="The status that the operation would have had by itself.")
    note: Note | None = Field(None, description="The note as it is now; with 412, too.")
    problem: Problem | None = Field(None, description="What is wrong, from a status of 400 on.")


class BatchResult(Answer):
    model_config = example(
        {
            "results": [
                {"status": 201, "note": NOTE_EXAMPLE | {"version": 1}},
                {"status": 200, "note": NOTE_EXAMPLE | {"version": 4, "status": "done"}},
                {"status": 204},
            ]
        }
    )

    results: list[StepResult] = Field(description="One for each operation, in their order.")


class ExportLine(Answer):
    """One line: a note, an older content of the note before it, or a file."""

    model_config = example({"note": NOTE_EXAMPLE})

    note: Note | None = Field(None, description="A note.")
    revision: Content | None = Field(None, description="An older content of the note that came last.")
    file: File | None = Field(None, description="What is known of a file; its content has an address of its own.")


class StaleProblem(Problem):
    """The problem, and the note as it is now."""

    model_config = example(
        {
            "type": "about:blank",
            "title": "Changed in the meantime",
            "status": 412,
            "detail": "It was changed in the meantime; look at it again before changing it.",
            "errors": [],
            "current": NOTE_EXAMPLE,
        }
    )

    current: Note = Field(description="The note as it is now.")
