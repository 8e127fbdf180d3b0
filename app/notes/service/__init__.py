"""What can be done with notes, without HTTP. Each function takes the owner first and finds nobody else's."""

from app.notes.service.changing import move, rename_tag, restore, save, set_pinned, set_status, update_fields
from app.notes.service.creating import (
    ATTEMPTS_TO_CREATE,
    add,
    add_history,
    create,
    create_or_merge,
    find_created,
    new_id,
    new_key,
)
from app.notes.service.note import PLACES, EditConflict, InTrash, KeyUsed, Moved, Note, Revision, Versions, first_line
from app.notes.service.reading import content_at, each, get, history, revision, revisions, with_contents, with_revision
from app.notes.service.storing import DONE, PINNED, list_order
from app.notes.service.trash import DAYS_IN_TRASH, empty_trash, purge_everybodys_trash, purge_trash

__all__ = [
    "ATTEMPTS_TO_CREATE",
    "DAYS_IN_TRASH",
    "DONE",
    "PINNED",
    "PLACES",
    "EditConflict",
    "InTrash",
    "KeyUsed",
    "Moved",
    "Note",
    "Revision",
    "Versions",
    "add",
    "add_history",
    "content_at",
    "create",
    "create_or_merge",
    "each",
    "empty_trash",
    "find_created",
    "first_line",
    "get",
    "history",
    "list_order",
    "move",
    "new_id",
    "new_key",
    "purge_everybodys_trash",
    "purge_trash",
    "rename_tag",
    "restore",
    "revision",
    "revisions",
    "save",
    "set_pinned",
    "set_status",
    "update_fields",
    "with_contents",
    "with_revision",
]
