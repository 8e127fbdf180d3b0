"""Add to accounts since when they are suspended."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG
from migrations import steps

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("account", sa.Column("suspended_at", BIG))


def downgrade() -> None:
    steps.drop_column("account", "suspended_at")
