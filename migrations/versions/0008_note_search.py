"""Create the full-text index: FTS5 on SQLite, FULLTEXT on MySQL."""

from __future__ import annotations

from alembic import op

from migrations import steps

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# The tokens are ASCII letters, digits and underscores (app/notes/words.py), so neither database folds or drops any.
SQLITE = """
CREATE VIRTUAL TABLE note_search USING fts5 (words, tokenize = "ascii tokenchars '_'")
"""

# One statement, because MySQL cannot take back the first of two.
MYSQL = """
CREATE TABLE note_search (
  owner_id BIGINT NOT NULL,
  note_id BIGINT NOT NULL,
  words MEDIUMTEXT CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  PRIMARY KEY (owner_id, note_id),
  FULLTEXT KEY ft_note_search_words (words),
  CONSTRAINT fk_note_search_note FOREIGN KEY (owner_id, note_id) REFERENCES note (owner_id, id) ON DELETE CASCADE
) ENGINE = InnoDB
"""


def upgrade() -> None:
    columns = ["words"] if steps.dialect() == "sqlite" else ["owner_id", "note_id", "words"]
    if steps.is_missing("note_search", *columns):
        op.execute(SQLITE if steps.dialect() == "sqlite" else MYSQL)


def downgrade() -> None:
    steps.drop_table("note_search")
