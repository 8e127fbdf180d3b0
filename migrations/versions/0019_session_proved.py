"""Add to sessions when their person last gave the password in them."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG
from migrations import steps

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("account_session", sa.Column("proved_at", BIG, nullable=False, server_default="0"))


def downgrade() -> None:
    steps.drop_column("account_session", "proved_at")
