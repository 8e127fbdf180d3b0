"""Ask for the full-text index to be built anew: letters that are several of a script without spaces are parted now."""

from __future__ import annotations

from migrations import steps

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    steps.ask_for_reindex()


def downgrade() -> None:
    pass
