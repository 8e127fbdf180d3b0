"""The tables of files: rows of what people have added, where it is mentioned, and how much it is together."""

from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, String, Table, UniqueConstraint

from app.db.columns import BIG, DIGEST, MYSQL_TABLE, exact
from app.db.metadata import metadata

NAME_LENGTH = 120
TYPE_LENGTH = 40
OWNER = ("account.id", "CASCADE")


def _owner() -> Column[int]:
    return Column("owner_id", BIG, ForeignKey(OWNER[0], ondelete=OWNER[1]), primary_key=True, autoincrement=False)


# A content that an owner has; its bytes are in the store before the row is committed.
file = Table(
    "file",
    metadata,
    _owner(),
    Column("id", BIG, primary_key=True, autoincrement=False),
    Column("sha256", DIGEST, nullable=False),
    Column("bytes", BIG, nullable=False),
    Column("type", exact(TYPE_LENGTH), nullable=False),  # what its bytes say that it is
    Column("name", String(NAME_LENGTH), nullable=False),
    Column("created_at", BIG, nullable=False),
    Column("unused_at", BIG),  # since when no note mentions it, as far as somebody has looked; none: one does
    UniqueConstraint("owner_id", "sha256", name="uq_file_sha256"),
    UniqueConstraint("owner_id", "unused_at", "id", name="uq_file_unused"),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# A note whose text mentions a file, or did so in a former version: those are kept for as long as the note.
file_use = Table(
    "file_use",
    metadata,
    _owner(),
    Column("note_id", BIG, primary_key=True, autoincrement=False),
    Column("file_id", BIG, primary_key=True, autoincrement=False),
    UniqueConstraint("owner_id", "file_id", "note_id", name="uq_file_use_file"),
    ForeignKeyConstraint(
        ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_file_use_note", ondelete="CASCADE"
    ),
    ForeignKeyConstraint(
        ["owner_id", "file_id"], ["file.owner_id", "file.id"], name="fk_file_use_file", ondelete="CASCADE"
    ),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# How much an owner's files are together, so that a limit asks for one row.
file_total = Table(
    "file_total",
    metadata,
    _owner(),
    Column("files", Integer, nullable=False),
    Column("bytes", BIG, nullable=False),
    **MYSQL_TABLE,
)

# Content that somebody is about to store, or to delete. It has no foreign key: an account's bytes go after the account.
file_claim = Table(
    "file_claim",
    metadata,
    Column("owner_id", BIG, primary_key=True, autoincrement=False),
    Column("sha256", DIGEST, primary_key=True),
    Column("id", BIG, primary_key=True, autoincrement=False),
    Column("deletes", Integer, nullable=False),  # 0 or 1
    Column("claimed_at", BIG, nullable=False),
    sqlite_with_rowid=False,
    **MYSQL_TABLE,
)

# What was sent by the key that the sender chose: sending again finds the file of the first time.
file_creation = Table(
    "file_creation",
    metadata,
    _owner(),
    Column("key", exact(64), primary_key=True),
    Column("file_id", BIG, nullable=False),
    Column("digest", DIGEST, nullable=False),
    **MYSQL_TABLE,
)
