"""Add to sessions from which address they began."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import exact
from migrations import steps

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.add_column("account_session", sa.Column("client", exact(45), nullable=False, server_default=""))


def downgrade() -> None:
    steps.drop_column("account_session", "client")
