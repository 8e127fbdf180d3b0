"""Create the table that says how far the full-text index has been built anew, and ask for it where there are notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db.columns import BIG, MYSQL_TABLE
from migrations import steps

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

PENDING = """
INSERT INTO search_rebuild (id, owner_id, note_id)
SELECT 1, 0, 0 FROM (SELECT MIN(owner_id) AS owner_id FROM note) AS found
WHERE found.owner_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM search_rebuild AS pending)
"""


def upgrade() -> None:
    steps.create_table(
        "search_rebuild",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_rebuild"),
        **MYSQL_TABLE,
    )
    # No DDL: ended before this, the migration begins again.
    op.get_bind().execute(sa.text(PENDING))


def downgrade() -> None:
    steps.drop_table("search_rebuild")
