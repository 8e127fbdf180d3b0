"""Create the index by which notes are listed in the order of their titles, without regard to capitals."""

from __future__ import annotations

import sqlalchemy as sa

from migrations import steps

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # On MySQL the table's collation has no regard to capitals.
    title = sa.text("title COLLATE NOCASE") if steps.dialect() == "sqlite" else "title"
    steps.create_index("ix_note_title", "note", ["owner_id", "place", title, "id"])


def downgrade() -> None:
    steps.drop_index("ix_note_title", "note")
