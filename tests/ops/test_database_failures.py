"""The database itself is killed, or turns read-only as after a failover, while people write."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from on_databases import SERVERS

from app import create_app
from app.db.metadata import sqlalchemy
from devtools import app_server, databases, mariadb, people
from devtools.databases import ENGINES, Engine
from devtools.people import create_token
from devtools.processes import free_port
from devtools.writers import Writers

pytestmark = pytest.mark.server


class Server:
    """A server that keeps what it has acknowledged; the app is a user of it without special rights."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine, self.folder, self.port, self.stack = engine, folder, free_port(), ExitStack()
        self.root = mariadb.address(self.port)  # MySQL speaks the same protocol
        self.url = f"{self.root.replace('root@', 'app@')}/notes"
        engine.install(folder)
        self.start()

    def start(self) -> None:
        self.process = self.stack.enter_context(self.engine.run(self.folder, self.port))

    def is_killed(self) -> None:
        self.process.kill()
        self.process.wait(30)
        self.start()

    def is_read_only_for_a_second(self) -> None:
        databases.run_sql(self.root, "SET GLOBAL read_only = 1")
        time.sleep(1)
        databases.run_sql(self.root, "SET GLOBAL read_only = 0")


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="database-") as folder:
        server = Server(ENGINES[request.param], Path(folder))
        with server.stack:
            databases.run_sql(
                server.root,
                "CREATE DATABASE notes CHARACTER SET utf8mb4",
                "CREATE USER app@'127.0.0.1'",
                "GRANT ALL ON notes.* TO app@'127.0.0.1'",
            )
            databases.migrate(server.url)
            yield server


@pytest.mark.parametrize("happens", [Server.is_killed, Server.is_read_only_for_a_second])
def test_no_acknowledged_write_is_lost_and_nothing_is_our_fault(tmp_path: Path, server: Server, happens: Any) -> None:
    app = create_app(databases.settings(server.url))
    bearer = {"Authorization": f"Bearer {create_token(app, people.create_accounts(app)['alice'].id)}"}
    with app.app_context():
        sqlalchemy.engine.dispose()
    with app_server.gunicorn(tmp_path, server.url) as served:
        writers = Writers(served, bearer)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(writers.write, number) for number in range(6)]
            time.sleep(1)
            happens(server)
            before = len(writers.acknowledged)
            time.sleep(2)
            writers.stop()
            for one in done:
                one.result()
        assert len(writers.acknowledged) > before
        assert writers.stored() == sorted(writers.acknowledged.items())
        assert writers.statuses == {201, 503}
