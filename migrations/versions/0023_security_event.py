"""Create the table of security events."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "security_event",
        sa.Column("account_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("event", exact(30), nullable=False),
        sa.Column("result", exact(10), nullable=False),
        sa.Column("client", exact(45), nullable=False),
        sa.Column("user_agent", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_security_event"),
        sa.UniqueConstraint("account_id", "result", "id", name="uq_security_event_account_id_result"),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name="fk_security_event_account_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("security_event")
