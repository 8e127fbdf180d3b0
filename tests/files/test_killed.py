"""A process that is killed while it stores or deletes a file never leaves a row without bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest
from flask import current_app
from on_databases import on_sqlite
from sqlalchemy import select

from app import db
from app.files import checking, collecting, service
from app.files.models import file, file_claim
from app.files.store import Store
from devtools.processes import ROOT
from files.conftest import PNG, add

KILLED_AT = """
import io, os, signal, sys
from app import create_app
from app.files import claims, folder, service
from config import from_environment

at, when, owner = sys.argv[1:]
place, name = at.split(".")
module = {"claims": claims, "folder": folder, "service": service}[place]
where = folder.FolderStore if name in {"put", "delete"} else module
there = getattr(where, name)

def die(*arguments, **named):
    if when == "after":
        there(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(where, name, die)
with create_app(from_environment(os.environ)).app_context():
    added = service.add(int(owner), io.BytesIO(b"arriving"), "a.txt")
    service.remove(int(owner), added.id)
"""

pytestmark = [on_sqlite, pytest.mark.server]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "at",
    [
        "service.claim_arrival",
        "folder._write",
        "folder._sync_folder",
        "folder.put",
        "service._commit",
        "service._remove_rows",
        "claims._claim_deletion",
        "folder.delete",
        "claims.drop_claim",
    ],
)
def test_whoever_is_killed_leaves_no_row_without_bytes(
    owner: int, store: Store, later: Callable[..., None], at: str, when: str
) -> None:
    kept = add(owner, PNG)
    address = str(current_app.config["SQLALCHEMY_DATABASE_URI"])
    environ = os.environ | {"APP_ENV": "testing", "SECRET_KEY": "0123456789abcdef" * 4, "DATABASE_URL": address}
    ended = subprocess.run([sys.executable, "-c", KILLED_AT, at, when, str(owner)], cwd=ROOT, env=environ, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert checking.check(repair=False).faults == []
    later(days=32)
    forget_that_it_is_unused(owner, kept.id)
    collecting.collect()
    assert db.read(select(file_claim)).all() == []
    assert [content.sha256 for content in store.list()] == list(db.read(select(file.c.sha256)).scalars())
    assert service.usage(owner).size == sum(db.read(select(file.c.bytes)).scalars())


def forget_that_it_is_unused(owner: int, file_id: int) -> None:
    """Let the thirty days of a file begin when the job looks next."""
    with db.transaction() as connection:
        connection.execute(file.update().where(file.c.owner_id == owner, file.c.id == file_id).values(unused_at=None))
