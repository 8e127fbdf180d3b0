"""Create the index by which notes are listed in the order of their titles, without regard to capitals."""

from __future__ import annotations

from alembic import op

from migrations import steps

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SQLITE = "CREATE INDEX IF NOT EXISTS ix_note_title ON note (owner_id, place, title COLLATE NOCASE, id)"


def upgrade() -> None:
    if steps.dialect() == "sqlite":
        op.execute(SQLITE)
    else:  # the table's collation has no regard to capitals
        steps.create_index("ix_note_title", "note", ["owner_id", "place", "title", "id"])


def downgrade() -> None:
    steps.drop_index("ix_note_title", "note")
