"""Create the index by which notes are listed in the order of their creation."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_note_created", "note", ["owner_id", "place", "created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_note_created", "note")
