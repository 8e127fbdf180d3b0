"""Create the table of the titles that notes link to, and fill it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db.columns import BIG, MYSQL_TABLE
from app.notes.models import LINKED_TITLE
from app.notes.wikilinks import find
from migrations import steps

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

AT_ONCE = 500  # notes whose texts may hold links
NEXT = """
SELECT owner_id, id, body FROM note
WHERE owner_id >= :owner AND (owner_id > :owner OR id > :id) AND body LIKE '%[[%'
ORDER BY owner_id, id LIMIT :at_once
"""


def upgrade() -> None:
    steps.create_table(
        "note_link",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("title", LINKED_TITLE, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "note_id", "title", name="pk_note_link"),
        sa.UniqueConstraint("owner_id", "title", "note_id", name="uq_note_link_title"),
        sa.ForeignKeyConstraint(
            ["owner_id", "note_id"], ["note.owner_id", "note.id"], name="fk_note_link_note", ondelete="CASCADE"
        ),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )
    if not op.get_context().as_sql:
        fill()


def fill() -> None:
    """Store the links of all notes, a few at a time; those that are there already stay as they are."""
    connection = op.get_bind()
    ignore = "OR IGNORE" if steps.dialect() == "sqlite" else "IGNORE"
    add = sa.text(f"INSERT {ignore} INTO note_link VALUES (:owner, :id, :title)")
    at = {"owner": 0, "id": 0}
    while rows := connection.execute(sa.text(NEXT), at | {"at_once": AT_ONCE}).all():
        links = [{"owner": row.owner_id, "id": row.id, "title": title} for row in rows for title in find(row.body)]
        if links:
            connection.execute(add, links)
        at = {"owner": rows[-1].owner_id, "id": rows[-1].id}


def downgrade() -> None:
    steps.drop_table("note_link")
