"""Walkthrough of three-tier: a browser in the internet, the operator through the bastion, and no other way."""

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

from devtools.processes import ROOT
from rehearsal import in_host
from rehearsal.components.stacks import ThreeTierStack
from rehearsal.network.processes import stop, wait_until_listening
from rehearsal.scenarios import schema_change
from rehearsal.scenarios.ledger import load
from rehearsal.scenarios.matrix import PROBE

PORT = 3307


def browse(stack: ThreeTierStack, home: Path) -> dict[str, Any]:
    """What the browser does; pictures go to `home`."""
    home.mkdir(exist_ok=True)
    environ = os.environ | {"HOME": "/tmp/browser", "PYTHONPATH": str(ROOT)}
    host = stack.network["world"]
    host.run("mkdir", "-p", "/tmp/browser")
    command = [sys.executable, in_host.FOLDER / "browser_session.py", stack.network.home / "ca.pem", home]
    found: dict[str, Any] = host.run_json(*command, question=None, env=environ)
    return found


@contextmanager
def tunnel(stack: ThreeTierStack) -> Iterator[None]:
    """From the operator's machine to the database, which it then calls by its name."""
    host, name = stack.network["admin"], stack.database.name
    host.run("sh", "-c", f'grep -q "{name}" /etc/hosts || echo "127.0.0.1 {name}" >> /etc/hosts')
    process = host.start(ROOT / "bastion" / "tunnel", log="ssh", environ=os.environ | stack.bastion.environ())
    try:
        wait_until_listening(host, PORT, process)
        yield
    finally:
        stop(process)


def query(stack: ThreeTierStack, statement: str) -> str:
    """What the MySQL client sees on the operator's machine, TLS verified."""
    known = json.loads(stack.aws.secret("database-migrate"))
    client = ["mysql", "--no-defaults", "-h", stack.database.name, "-P", str(PORT), "-u", known["username"]]
    verified = [f"--ssl-ca={stack.database.bundle}", "--ssl-verify-server-cert"]
    environ = os.environ | {"MYSQL_PWD": known["password"]}
    return stack.network["admin"].run(*client, *verified, "-Ne", statement, stack.database.schema, env=environ)


def migrate(stack: ThreeTierStack, home: Path) -> tuple[str, str]:
    """`flask db upgrade` through the tunnel, to a schema with one more column: the versions before and after."""
    migrations = schema_change.copy_migrations(home / "next", "weather")
    database, secret = stack.database, home / "migrate.json"
    secret.write_text(stack.aws.secret("database-migrate"))
    environ = os.environ | {
        "APP_ENV": "development",
        "SECRET_KEY": "0123456789abcdef" * 4,
        "DATABASE_URL": f"mysql+pymysql://{database.name}:{PORT}/{database.schema}",
        "DATABASE_SECRET": str(secret),
        "DATABASE_CA": str(database.bundle),
    }
    flask = [sys.executable, "-m", "flask", "--app", "crudapp", "db", "upgrade", "--directory", migrations]
    version = "SELECT version_num FROM alembic_version"
    before = query(stack, version).strip()
    stack.network["admin"].run(*flask, env=environ)
    return before, query(stack, version).strip()


def direct(stack: ThreeTierStack) -> dict[str, Any]:
    """Who gets an answer without nginx and bastion: at private addresses, or from the bastion without being my IP."""
    hosts = stack.network.topology.hosts.values()
    private = [(str(host.address), port) for host in hosts for port in (22, 80, 3306, 5000)]
    ways = {"world": [*private, (str(stack.bastion.host.public), 22)], "admin": private}
    answers = {who: stack.network[who].run_json(sys.executable, PROBE, question=tried) for who, tried in ways.items()}
    return {
        "tried": sum(len(tried) for tried in ways.values()),
        "answered": [
            (who, *way) for who, tried in ways.items() for way, well in zip(tried, answers[who], strict=True) if well
        ],
    }


def walkthrough(stack: ThreeTierStack) -> dict[str, Any]:
    """All of it: what was seen, and the same in sentences."""
    pictures = stack.network.home / "pictures"
    visit = browse(stack, pictures)
    with tunnel(stack):
        rows = [line.split("\t") for line in query(stack, "SELECT title, status FROM note").splitlines()]
        with load(stack, "walkthrough") as ledger:
            before, after = migrate(stack, stack.network.home)
            time.sleep(1)
    outcome, attempts = ledger.compare(stack.database.titles()), direct(stack)
    sentences = [
        *visit["steps"],
        f"Through the bastion, the MySQL client sees the note: {'; '.join(map(', '.join, rows))}.",
        f"`flask db upgrade` through the tunnel led from {before} to {after}, and {outcome['failed']} requests failed.",
        f"{len(attempts['answered'])} of {attempts['tried']} attempts to get past nginx and the bastion were answered.",
    ]
    return visit | {
        "steps": sentences,
        "pictures": {file.stem: b64encode(file.read_bytes()).decode() for file in sorted(pictures.glob("*.png"))},
        "rows": rows,
        "versions": [before, after],
        "load": outcome,
        "direct": attempts,
        "transcript": stack.network["admin"].log("ssh"),
        "sshd": stack.network[stack.bastion.host.name].log("sshd"),
    }
