"""Create the table that says how many items of a note's text are ticked, and fill it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db.columns import BIG, MYSQL_TABLE
from app.notes.checklists import count
from migrations import steps

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AT_ONCE = 500  # notes whose texts may hold items
# By the key, each note is looked at once; what an earlier try has counted is counted again.
NEXT = """
SELECT owner_id, id, body FROM note
WHERE owner_id >= :owner AND (owner_id > :owner OR id > :id)
AND (body LIKE '%[ ]%' OR body LIKE '%[x]%' OR body LIKE '%[X]%')
ORDER BY owner_id, id LIMIT :at_once
"""


def upgrade() -> None:
    steps.create_table(
        "note_checklist",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", name="pk_note_checklist"),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_checklist_note", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )
    if not op.get_context().as_sql:
        fill()


def fill() -> None:
    """Count the items of all notes, a few at a time; those that a newer release has counted stay as they are."""
    connection = op.get_bind()
    ignore = "OR IGNORE" if steps.dialect() == "sqlite" else "IGNORE"
    add = sa.text(f"INSERT {ignore} INTO note_checklist VALUES (:owner, :id, :done, :total)")
    at = {"owner": 0, "id": 0}
    while rows := connection.execute(sa.text(NEXT), at | {"at_once": AT_ONCE}).all():
        counted = [{"owner": row.owner_id, "id": row.id, **count(row.body)._asdict()} for row in rows]
        if some := [row for row in counted if row["total"]]:
            connection.execute(add, some)
        at = {"owner": rows[-1].owner_id, "id": rows[-1].id}


def downgrade() -> None:
    steps.drop_table("note_checklist")
