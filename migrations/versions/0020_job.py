"""Create the table of jobs."""

from __future__ import annotations

import sqlalchemy as sa

from app.db.columns import BIG, LONG_TEXT, MYSQL_TABLE, exact
from migrations import steps

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.create_table(
        "job",
        sa.Column("id", BIG, nullable=False),
        sa.Column("owner_id", BIG),
        sa.Column("kind", exact(40), nullable=False),
        sa.Column("key", exact(64), nullable=False),
        sa.Column("content", LONG_TEXT, nullable=False),
        sa.Column("run_at", BIG, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_until", BIG, nullable=False),
        sa.Column("error", sa.String(500)),
        sa.PrimaryKeyConstraint("id", name="pk_job"),
        sa.UniqueConstraint("kind", "key", name="uq_job_kind_key"),
        sa.UniqueConstraint("run_at", "id", name="uq_job_run_at_id"),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name="fk_job_owner_id_account", ondelete="CASCADE"),
        **MYSQL_TABLE,
    )


def downgrade() -> None:
    steps.drop_table("job")
