"""Create the table of notes."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, LONG_TEXT, MYSQL_TABLE, exact
from migrations import steps

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "note",
        sa.Column("owner_id", BIG, nullable=False),
        sa.Column("id", BIG, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("place", exact(7), nullable=False),
        sa.Column("status", exact(4), nullable=False),
        sa.Column("pinned", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_at", BIG, nullable=False),
        sa.Column("changed_at", BIG, nullable=False),
        sa.Column("list_order", BIG, nullable=False),
        sa.Column("task_order", BIG, nullable=True),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("tags", exact(820), nullable=False),
        sa.Column("excerpt", sa.String(240), nullable=False),
        sa.Column("body", LONG_TEXT, nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "id", name="pk_note"),
        sa.UniqueConstraint("owner_id", "place", "list_order", "id", name="uq_note_list"),
        sa.UniqueConstraint("owner_id", "place", "task_order", "id", name="uq_note_tasks"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_note_owner_id_account", ondelete="CASCADE"),
        sqlite_with_rowid=False,
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("note")
