"""Keep how a tag is spelled, beside the form in which tags are compared."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import exact
from migrations import steps

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("note_tag", sa.Column("name", exact(40)))


def downgrade() -> None:
    steps.drop_column("note_tag", "name")
