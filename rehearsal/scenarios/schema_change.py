"""Changes of the schema: copies of this release with more columns, with which the release before can live."""

from __future__ import annotations

import shutil
from pathlib import Path

from devtools.processes import ROOT

MIGRATION = '''"""Note the {column} in which a note was written."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{below}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note", sa.Column("{column}", sa.String(80), nullable=True))


def downgrade() -> None:
    op.drop_column("note", "{column}")
'''


def copy_migrations(folder: Path, *columns: str) -> Path:
    """A copy of the migrations to which one is added for each column."""
    shutil.copytree(ROOT / "migrations", folder / "migrations", dirs_exist_ok=True)
    versions = folder / "migrations" / "versions"
    below = max(file.name for file in versions.glob("[0-9]*.py")).split("_")[0]
    for column in columns:
        revision = f"{int(below) + 1:04}"  # a number as of each, which the app's figures tell
        written = MIGRATION.format(column=column, revision=revision, below=below)
        (versions / f"{revision}_{column}.py").write_text(written)
        below = revision
    return folder / "migrations"


def copy_release(folder: Path, *columns: str) -> Path:
    """A copy of all that the image holds, with those migrations."""
    copy_migrations(folder, *columns)
    shutil.copytree(ROOT / "app", folder / "app", dirs_exist_ok=True)
    (folder / "nginx").mkdir(exist_ok=True)
    for file in ("config.py", "crudapp.py", "gunicorn.conf.py", "nginx/export-static"):
        shutil.copy(ROOT / file, folder / file)
    return folder
