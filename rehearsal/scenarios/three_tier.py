"""The use of the system: a browser in the world, the operator through the bastion, and no other way."""

from __future__ import annotations

import json
import os
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rehearsal import in_host
from rehearsal.components.stacks import Stage
from rehearsal.network.namespaces import ROOT
from rehearsal.network.processes import end, listening
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.ledger import load
from rehearsal.scenarios.matrix import PROBE

PORT = 3307


def browse(stage: Stage, home: Path) -> dict[str, Any]:
    """The visitor's part; pictures go to `home`."""
    home.mkdir(exist_ok=True)
    environ = os.environ | {"HOME": "/tmp/visitor", "PYTHONPATH": str(ROOT)}
    host = stage.network["world"]
    host.run("mkdir", "-p", "/tmp/visitor")
    command = [sys.executable, in_host.FOLDER / "browser_session.py", stage.network.home / "ca.pem", home]
    found: dict[str, Any] = host.ask(*command, question=None, env=environ)
    return found


@contextmanager
def tunnel(stage: Stage) -> Iterator[None]:
    """From the operator's machine to the database, which it then calls by its name."""
    host, name = stage.network["admin"], stage.database.name
    host.run("sh", "-c", f'grep -q "{name}" /etc/hosts || echo "127.0.0.1 {name}" >> /etc/hosts')
    process = host.start(ROOT / "bastion" / "tunnel", log="ssh", environ=os.environ | stage.bastion.environ())
    try:
        listening(host, PORT, process)
        yield
    finally:
        end(process)


def query(stage: Stage, statement: str) -> str:
    """What the MySQL client sees on the operator's machine, TLS verified."""
    known = json.loads(stage.cloud.secret("database-migrate"))
    client = ["mysql", "--no-defaults", "-h", stage.database.name, "-P", str(PORT), "-u", known["username"]]
    verified = [f"--ssl-ca={stage.database.bundle}", "--ssl-verify-server-cert"]
    environ = os.environ | {"MYSQL_PWD": known["password"]}
    return stage.network["admin"].run(*client, *verified, "-Ne", statement, stage.database.schema, env=environ)


def migrate(stage: Stage, home: Path) -> tuple[str, str]:
    """`flask db upgrade` through the tunnel, to a schema with one more column: the versions before and after."""
    migrations = schema_change.migrations(home / "next", "weather")
    database, secret = stage.database, home / "migrate.json"
    secret.write_text(stage.cloud.secret("database-migrate"))
    environ = os.environ | {
        "APP_ENV": "development",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "DATABASE_URL": f"mysql+pymysql://{database.name}:{PORT}/{database.schema}",
        "DATABASE_SECRET": str(secret),
        "DATABASE_CA": str(database.bundle),
    }
    flask = [sys.executable, "-m", "flask", "--app", "crudapp", "db", "upgrade", "--directory", migrations]
    asked = "SELECT version_num FROM alembic_version"
    before = query(stage, asked).strip()
    stage.network["admin"].run(*flask, env=environ)
    return before, query(stage, asked).strip()


def direct(stage: Stage) -> dict[str, Any]:
    """Who gets an answer without nginx and bastion: at private addresses, or from the bastion without being my IP."""
    hosts = stage.network.world.hosts.values()
    private = [(str(host.address), port) for host in hosts for port in (22, 80, 3306, 5000)]
    ways = {"world": [*private, (str(stage.bastion.host.public), 22)], "admin": private}
    answers = {who: stage.network[who].ask(sys.executable, PROBE, question=tried) for who, tried in ways.items()}
    return {
        "tried": sum(len(tried) for tried in ways.values()),
        "answered": [
            (who, *way) for who, tried in ways.items() for way, well in zip(tried, answers[who], strict=True) if well
        ],
    }


def told(stage: Stage) -> dict[str, Any]:
    """The whole story: what was seen, and the same in sentences."""
    pictures = stage.network.home / "pictures"
    visit = browse(stage, pictures)
    with tunnel(stage):
        rows = [line.split("\t") for line in query(stage, "SELECT title, status FROM note").splitlines()]
        with load(stage, "story") as ledger:
            before, after = migrate(stage, stage.network.home)
            time.sleep(1)
    outcome, attempts = ledger.against(stage.database.titles()), direct(stage)
    sentences = [
        *visit["told"],
        f"Through the bastion, the MySQL client sees the note: {'; '.join(map(', '.join, rows))}.",
        f"`flask db upgrade` through the tunnel led from {before} to {after}, and {outcome['failed']} requests failed.",
        f"{len(attempts['answered'])} of {attempts['tried']} attempts to get past nginx and the bastion were answered.",
    ]
    return visit | {
        "told": sentences,
        "pictures": {file.stem: b64encode(file.read_bytes()).decode() for file in sorted(pictures.glob("*.png"))},
        "rows": rows,
        "versions": [before, after],
        "load": outcome,
        "direct": attempts,
        "transcript": stage.network["admin"].log("ssh"),
        "sshd": stage.network[stage.bastion.host.name].log("sshd"),
    }
