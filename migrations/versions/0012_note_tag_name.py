"""Keep how a tag is spelled, beside the form in which tags are compared."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from app.db.columns import exact

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if "name" not in {column["name"] for column in sa.inspect(op.get_bind()).get_columns("note_tag")}:
        op.add_column("note_tag", sa.Column("name", exact(40)))


def downgrade() -> None:
    op.drop_column("note_tag", "name")
