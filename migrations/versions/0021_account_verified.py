"""Add to accounts when their address was verified."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG
from migrations import steps

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("account", sa.Column("verified_at", BIG))


def downgrade() -> None:
    steps.drop_column("account", "verified_at")
