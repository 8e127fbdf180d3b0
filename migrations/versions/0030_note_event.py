"""Create the table of what was done with notes, by whom and from where."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, MYSQL_TABLE, exact
from migrations import steps

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note_event",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("note_id", BIG, nullable=False),
        sa.Column("at", BIG, nullable=False),
        sa.Column("action", exact(12), nullable=False),
        sa.Column("actor", exact(8), nullable=False),
        sa.Column("credential", exact(20), nullable=False),
        sa.Column("device", sa.String(80), nullable=False),
        sa.Column("client", exact(45), nullable=False),
        sa.Column("request_id", exact(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_note_event"),
        sa.UniqueConstraint("owner_id", "id", name="uq_note_event_owner_id"),
        sa.UniqueConstraint("owner_id", "note_id", "id", name="uq_note_event_note"),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name="fk_note_event_owner_id_account", ondelete="CASCADE"
        ),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("note_event")
