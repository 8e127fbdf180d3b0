"""Create the index by which notes are listed in the order of their creation."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Killed between this statement and the new revision, it is run again.
    if not op.get_context().as_sql and sa.inspect(op.get_bind()).has_index("note", "ix_note_created"):
        return
    op.create_index("ix_note_created", "note", ["owner_id", "place", "created_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_note_created", "note")
