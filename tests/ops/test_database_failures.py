"""The database itself is killed, or turns read-only as after a failover, while people write."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from app import create_app
from app.db.metadata import sqlalchemy
from devtools import app_server, databases, mariadb, people
from devtools.api_client import token
from devtools.writers import Writers

pytestmark = pytest.mark.server


@dataclass
class Server:
    """A MariaDB that keeps what it has acknowledged; the app is a user of it without special rights."""

    folder: Path
    port: int
    process: Popen[bytes]

    @property
    def root(self) -> str:
        return f"mysql+pymysql://root@127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"mysql+pymysql://app@127.0.0.1:{self.port}/notes"

    def start(self) -> None:
        self.process = mariadb._start(self.folder, self.port, ())
        mariadb._wait(self.process, self.port, self.folder)

    def is_killed(self) -> None:
        self.process.kill()
        self.process.wait(30)
        self.start()

    def is_read_only_for_a_second(self) -> None:
        databases.run_sql(self.root, "SET GLOBAL read_only = 1")
        time.sleep(1)
        databases.run_sql(self.root, "SET GLOBAL read_only = 0")


@pytest.fixture
def server() -> Iterator[Server]:
    folder, port = Path(tempfile.mkdtemp(prefix="mariadb-")), mariadb.free_port()
    mariadb._install(folder)
    made = Server(folder, port, mariadb._start(folder, port, ()))
    mariadb._wait(made.process, port, folder)
    databases.run_sql(
        made.root,
        "CREATE DATABASE notes CHARACTER SET utf8mb4",
        "CREATE USER app@'127.0.0.1'",
        "GRANT ALL ON notes.* TO app@'127.0.0.1'",
    )
    databases.migrate(made.url)
    yield made
    made.process.terminate()
    made.process.wait(30)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("happens", [Server.is_killed, Server.is_read_only_for_a_second])
def test_no_acknowledged_write_is_lost_and_nothing_is_our_fault(tmp_path: Path, server: Server, happens: Any) -> None:
    app = create_app(databases.settings(server.url))
    bearer = {"Authorization": f"Bearer {token(app, people.create(app)['alice'].id)}"}
    with app.app_context():
        sqlalchemy.engine.dispose()
    with app_server.gunicorn(tmp_path, server.url) as served:
        writers = Writers(served, bearer, 6)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(writers.write, number) for number in range(6)]
            time.sleep(1)
            happens(server)
            before = len(writers.kept)
            time.sleep(2)
            writers.over.set()
            for one in done:
                one.result()
        assert len(writers.kept) > before
        assert writers.stored() == sorted(writers.kept.items())
        assert writers.statuses == {201, 503}
