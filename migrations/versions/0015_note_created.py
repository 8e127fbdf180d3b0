"""Create the index by which notes are listed in the order of their creation."""

from __future__ import annotations

from migrations import steps

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_index("ix_note_created", "note", ["owner_id", "place", "created_at", "id"])


def downgrade() -> None:
    steps.drop_index("ix_note_created", "note")
