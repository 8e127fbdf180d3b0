"""Create the index by which notes are listed without those that are done."""

from __future__ import annotations

from migrations import steps

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_index("ix_note_status", "note", ["owner_id", "place", "status", "list_order", "id"])


def downgrade() -> None:
    steps.drop_index("ix_note_status", "note")
