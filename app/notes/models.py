"""The tables of notes, all keyed by owner first, so that one person's cost does not depend on the others.

Core tables, not mapped classes: a page of twenty rows costs half as much without entities (docs/adr/0002).
Every moment is a BIG: microseconds since 1970, UTC.
"""

from sqlalchemy import Column, Date, ForeignKey, ForeignKeyConstraint, Index, Integer, String, Table, UniqueConstraint

from app.db.columns import BIG, DIGEST, LONG_TEXT, MYSQL_TABLE, exact
from app.db.metadata import metadata

TITLE_LENGTH = 200
EXCERPT_LENGTH = 240
TAG_LENGTH = 40
TAGS_LENGTH = 820  # twenty tags of forty letters and the spaces between them
OWNER = ("account.id", "CASCADE")

# Of list_order and task_order.
PINNED = 2**60  # above every time in microseconds, so that pinned notes come first
NO_DUE_DATE = 9_999_999
DONE = 2**52  # above every due date


def _owner() -> Column[int]:
    return Column("owner_id", BIG, ForeignKey(OWNER[0], ondelete=OWNER[1]), primary_key=True, autoincrement=False)


note = Table(
    "note",
    metadata,
    _owner(),
    Column("id", BIG, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("place", exact(7), nullable=False),  # notes, archive or trash
    Column("status", exact(4), nullable=False),  # none, open or done
    Column("pinned", Integer, nullable=False),  # 0 or 1
    Column("due_on", Date),
    Column("created_at", BIG, nullable=False),
    Column("changed_at", BIG, nullable=False),  # last change of title, text or tags
    # One number orders a list, so one index serves every page of it: see service.list_order and task_order.
    Column("list_order", BIG, nullable=False),
    Column("task_order", BIG),
    Column("title", String(TITLE_LENGTH), nullable=False),
    Column("tags", exact(TAGS_LENGTH), nullable=False),  # as they are spelled, with one space between them
    Column("excerpt", String(EXCERPT_LENGTH), nullable=False),
    Column("body", LONG_TEXT, nullable=False),  # last, so that a list never reads it
    UniqueConstraint("owner_id", "place", "list_order", "id", name="uq_note_list"),
    UniqueConstraint("owner_id", "place", "task_order", "id", name="uq_note_tasks"),
    Index("ix_note_created", "owner_id", "place", "created_at", "id"),
    Index("ix_note_status", "owner_id", "place", "status", "list_order", "id"),
    Index("ix_note_title", "owner_id", "place", "title", "id"),  # on SQLite without regard to capitals: migration 0017
    sqlite_with_rowid=False,  # the rows themselves lie in the order of the key, as InnoDB's do
    **MYSQL_TABLE,
)

note_tag = Table(
    "note_tag",
    metadata,
    _owner(),
    Column("place", exact(7), primary_key=True),
    Column("tag", exact(TAG_LENGTH), primary_key=True),  # in the form in which tags are compared
    Column("list_order", BIG, primary_key=True, autoincrement=False),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("name", exact(TAG_LENGTH)),  # as the note spells it; none where an older release wrote it
    UniqueConstraint("owner_id", "note_id", "tag", name="uq_note_tag_note"),
    ForeignKeyConstraint(
        ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_tag_note", ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# How many items of a note's text are ticked, if it has any: counted when it is stored, so that lists read no text.
note_checklist = Table(
    "note_checklist",
    metadata,
    _owner(),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    ForeignKeyConstraint(
        ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_checklist_note", ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# The titles that a note's text links to; which notes have them is looked up when it is read.
LINKED_TITLE = String(TITLE_LENGTH).with_variant(String(TITLE_LENGTH, collation="NOCASE"), "sqlite")
note_link = Table(
    "note_link",
    metadata,
    _owner(),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("title", LINKED_TITLE, primary_key=True),
    UniqueConstraint("owner_id", "title", "note_id", name="uq_note_link_title"),
    ForeignKeyConstraint(
        ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_link_note", ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# How often the tags of an owner's notes have changed, so that a worker may remember which there are.
tag_change = Table(
    "tag_change",
    metadata,
    _owner(),
    Column("number", BIG, nullable=False),
    **MYSQL_TABLE,
)

# A row while the full-text index is built anew: the last note that was, by its owner and id (see indexing.py).
search_rebuild = Table(
    "search_rebuild",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1
    Column("owner_id", BIG, nullable=False),
    Column("note_id", BIG, nullable=False),
    **MYSQL_TABLE,
)

# The number of each note's last change among all changes of its owner; the row outlives the note: see changes.py.
note_change = Table(
    "note_change",
    metadata,
    _owner(),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("number", BIG, nullable=False),
    UniqueConstraint("owner_id", "number", name="uq_note_change_number"),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# What was done with a note, by whom and from where; the row outlives the note, and holds nothing of its text.
note_event = Table(
    "note_event",
    metadata,
    Column("owner_id", BIG, ForeignKey(OWNER[0], ondelete=OWNER[1]), nullable=False),
    Column("id", BIG, primary_key=True),
    Column("note_id", BIG, nullable=False),
    Column("at", BIG, nullable=False),
    Column("action", exact(12), nullable=False),
    Column("actor", exact(8), nullable=False),  # session, token, command or job
    Column("credential", exact(20), nullable=False),  # of which session or token
    Column("device", String(80), nullable=False),
    Column("client", exact(45), nullable=False),  # an address
    Column("request_id", exact(64), nullable=False),  # the same for all notes of a batch
    UniqueConstraint("owner_id", "id", name="uq_note_event_owner_id"),
    UniqueConstraint("owner_id", "note_id", "id", name="uq_note_event_note"),
    **MYSQL_TABLE,
)

note_revision = Table(
    "note_revision",
    metadata,
    _owner(),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("replaced_at", BIG, nullable=False),
    Column("status", exact(4), nullable=False),
    Column("due_on", Date),
    Column("title", String(TITLE_LENGTH), nullable=False),
    Column("tags", exact(TAGS_LENGTH), nullable=False),
    Column("body", LONG_TEXT, nullable=False),
    ForeignKeyConstraint(
        ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_revision_note", ondelete="CASCADE"
    ),
    **MYSQL_TABLE,
)

# What was asked to be created, by the key that the asker chose: asking again finds the note of the first time.
note_creation = Table(
    "note_creation",
    metadata,
    _owner(),
    Column("key", exact(64), primary_key=True),
    Column("note_id", BIG, nullable=False),
    Column("digest", DIGEST, nullable=False),
    **MYSQL_TABLE,
)
