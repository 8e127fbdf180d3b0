"""The use of the system from beginning to end: a browser in the world, the operator through the bastion, no other way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rehearsal.ledger import load
from rehearsal.namespaces import ROOT
from rehearsal.processes import end, listening
from rehearsal.stage import Stage

PORT = 3307
MIGRATION = '''"""Note the weather in which a note was written; every release before this one can live with it."""

import sqlalchemy as sa
from alembic import op

revision = "rehearsal"
down_revision = "{head}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("note", sa.Column("weather", sa.String(80), nullable=True))


def downgrade() -> None:
    op.drop_column("note", "weather")
'''


def browse(stage: Stage, home: Path) -> dict[str, Any]:
    """The visitor's part; pictures go to `home`."""
    home.mkdir(exist_ok=True)
    environ = os.environ | {"HOME": "/tmp/visitor", "PYTHONPATH": f"{ROOT}:{ROOT}/tests"}
    host = stage.network["world"]
    host.run("mkdir", "-p", "/tmp/visitor")
    command = [sys.executable, ROOT / "rehearsal" / "visitor.py", stage.network.home / "ca.pem", home]
    found: dict[str, Any] = host.ask(*command, question=None, env=environ)
    return found


@contextmanager
def tunnel(stage: Stage) -> Iterator[None]:
    """From the operator's machine to the database, which it then calls by its name."""
    host, name = stage.network["my-ip"], stage.database.name
    host.run("sh", "-c", f'grep -q "{name}" /etc/hosts || echo "127.0.0.1 {name}" >> /etc/hosts')
    process = host.start(*stage.bastion.ssh("-v", "-N", "-L", f"127.0.0.1:{PORT}:{name}:3306"), log="ssh")
    try:
        listening(host, PORT, process)
        yield
    finally:
        end(process)


def query(stage: Stage, statement: str) -> str:
    """What the MySQL client sees on the operator's machine, TLS verified."""
    client = ["mysql", "--no-defaults", "-h", stage.database.name, "-P", str(PORT), "-u", stage.database.user]
    verified = [f"--ssl-ca={stage.database.bundle}", "--ssl-verify-server-cert"]
    environ = os.environ | {"MYSQL_PWD": stage.database.password}
    return stage.network["my-ip"].run(*client, *verified, "-Ne", statement, stage.database.schema, env=environ)


def migrate(stage: Stage, home: Path) -> str:
    """`flask db upgrade` through the tunnel, to a schema with one more column."""
    migrations = home / "migrations"
    shutil.copytree(ROOT / "migrations", migrations, dirs_exist_ok=True)
    head = query(stage, "SELECT version_num FROM alembic_version").strip()
    (migrations / "versions" / "rehearsal.py").write_text(MIGRATION.format(head=head))
    database = stage.database
    environ = os.environ | {
        "APP_ENV": "development",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "DATABASE_URL": f"mysql+pymysql://{database.user}@{database.name}:{PORT}/{database.schema}",
        "DATABASE_PASSWORD": database.password,
        "DATABASE_CA": str(database.bundle),
    }
    flask = [sys.executable, "-m", "flask", "--app", "crudapp", "db", "upgrade", "--directory", migrations]
    stage.network["my-ip"].run(*flask, env=environ)
    return query(stage, "SELECT version_num FROM alembic_version").strip()


def told(stage: Stage) -> dict[str, Any]:
    """The whole story; every sentence was tried."""
    pictures = stage.network.home / "pictures"
    visit = browse(stage, pictures)
    found = visit["told"]
    with tunnel(stage):
        title = query(stage, "SELECT title FROM note")
        if title.strip() != "Water the seedlings":
            raise AssertionError(title)
        found.append("Through the bastion, the MySQL client sees the row.")
        with load(stage, "story") as ledger:
            version = migrate(stage, stage.network.home)
            time.sleep(1)
        found.append("`flask db upgrade` through the tunnel added a column while people went on.")
    outcome = ledger.against(stage.database.titles())
    return {
        "told": found,
        "certificate": visit["certificate"],
        "version": version,
        "load": outcome,
        "transcript": stage.network["my-ip"].log("ssh"),
        "sshd": stage.network[stage.bastion.host.name].log("sshd"),
    }
