"""A failover of the database, rehearsed: a writer, its standby, and a name that moves from one to the other.

RDS keeps a standby in another zone by copying every block before a commit is acknowledged. Semi-synchronous replication
(AFTER_SYNC), of MySQL or MariaDB, stands for it: a commit is acknowledged when the standby has it. A forwarder stands
for the DNS name: new connections are led to the present writer, open ones stay where they are.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymysql
from sqlalchemy.engine import make_url

from app import create_app
from app.db.metadata import sqlalchemy
from devtools import app_server, databases
from devtools.network_faults import Proxy, run_proxy
from devtools.people import create_accounts, create_token
from devtools.writers import Writers

WRITERS = 8
MILLISECONDS = 3_600_000
"""How long the writer waits for its standby; by default it would go on without it after ten seconds."""


@dataclass(frozen=True)
class Replication:
    """What the two dialects say differently. MariaDB understands MySQL's words in all else."""

    options: tuple[str, ...]  # of both servers
    writer: tuple[str, ...]
    standby: tuple[str, ...]
    follow: str  # a statement, to be filled with the writer's port
    received: str  # the column of SHOW REPLICA STATUS that says what the standby was sent
    wait: str  # a statement that returns 0 when that is applied


REPLICATION = {
    "mariadb": Replication(
        options=("--log-bin=log", "--log-slave-updates"),
        writer=(
            "--rpl-semi-sync-master-enabled",
            "--rpl-semi-sync-master-wait-point=AFTER_SYNC",
            f"--rpl-semi-sync-master-timeout={MILLISECONDS}",
        ),
        standby=("--rpl-semi-sync-slave-enabled",),
        follow="CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = {port}, MASTER_USER = 'root',"
        " MASTER_USE_GTID = slave_pos",
        received="Gtid_IO_Pos",
        wait="SELECT MASTER_GTID_WAIT(%s, 60) AS waited",
    ),
    "mysql": Replication(
        options=("--log-bin=log", "--gtid-mode=ON", "--enforce-gtid-consistency=ON"),
        writer=(
            "--plugin-load-add=semisync_source.so",
            "--rpl-semi-sync-source-enabled=1",
            "--rpl-semi-sync-source-wait-point=AFTER_SYNC",
            f"--rpl-semi-sync-source-timeout={MILLISECONDS}",
        ),
        standby=("--plugin-load-add=semisync_replica.so", "--rpl-semi-sync-replica-enabled=1"),
        follow="CHANGE REPLICATION SOURCE TO SOURCE_HOST = '127.0.0.1', SOURCE_PORT = {port}, SOURCE_USER = 'root',"
        " SOURCE_AUTO_POSITION = 1, GET_SOURCE_PUBLIC_KEY = 1",
        received="Retrieved_Gtid_Set",
        wait="SELECT WAIT_FOR_EXECUTED_GTID_SET(%s, 60) AS waited",
    ),
}


@dataclass
class Pair:
    """Root's addresses of the two servers; `path` is the network on the way to the first of them."""

    replication: Replication
    writer: str
    standby: str
    pid: int  # of the writer
    path: Proxy
    name: Proxy

    @property
    def url(self) -> str:
        """Where the app looks for the writer."""
        return f"mysql+pymysql://app:app@127.0.0.1:{self.name.port}/notes"

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def black_hole(self) -> None:
        self.path.mode = "hang"

    def make_read_only(self) -> None:
        databases.run_sql(self.writer, "SET GLOBAL read_only = 1")

    def promote(self) -> float:
        """Make the standby the writer; return the time (monotonic clock) from which the name leads to it."""
        databases.run_sql(self.standby, "STOP REPLICA IO_THREAD")  # from here on, the old writer acknowledges nothing
        self._catch_up()
        databases.run_sql(self.standby, "STOP REPLICA", "RESET REPLICA ALL", "SET GLOBAL read_only = 0")
        self.name.target = ("127.0.0.1", _port(self.standby))
        return time.monotonic()

    def _catch_up(self) -> None:
        """Wait until the standby has applied what it was sent."""
        with pymysql.connect(host="127.0.0.1", port=_port(self.standby), user="root") as opened:
            cursor = opened.cursor(pymysql.cursors.DictCursor)
            cursor.execute("SHOW REPLICA STATUS")
            received = (cursor.fetchone() or {})[self.replication.received]
            cursor.execute(self.replication.wait, [received])
            if (cursor.fetchone() or {})["waited"] != 0:
                raise RuntimeError("The standby does not catch up.")


def _port(address: str) -> int:
    return make_url(address).port or 0


@contextmanager
def pair(engine: str, folder: Path) -> Iterator[Pair]:
    """Run two servers of an engine (a name in ENGINES), with the schema and the app's user on them."""
    server, dialect = databases.ENGINES[engine].server, REPLICATION[engine]
    with ExitStack() as stack:
        writer = stack.enter_context(server(*dialect.options, *dialect.writer, "--server-id=1"))
        standby = stack.enter_context(server(*dialect.options, *dialect.standby, "--server-id=2", "--read-only"))
        databases.run_sql(standby, dialect.follow.format(port=_port(writer)), "START REPLICA")
        databases.run_sql(writer, "CREATE DATABASE notes CHARACTER SET utf8mb4")
        databases.migrate(f"{writer}/notes")
        databases.create_app_user(f"{writer}/notes", folder)
        path = stack.enter_context(run_proxy(_port(writer)))
        (pid_file,) = databases.run_sql(writer, "SELECT @@pid_file")[0]
        name = stack.enter_context(run_proxy(path.port))
        servers = Pair(dialect, writer, standby, int(Path(pid_file).read_text()), path, name)
        stack.callback(servers.kill)  # without its standby it does not end by itself
        yield servers


@dataclass
class Outcome:
    """What the people at the other end noticed; gaps are the longest time without an acknowledged write, in seconds."""

    acknowledged: int
    gap: float
    gap_when_ready: float
    answers: dict[int | str, int]
    lost: int
    doubled: int
    restarted: bool


def rehearse(engine: str, folder: Path, fail: Callable[[Pair], None], outage: float, after: int = 100) -> Outcome:
    """Let people write, `fail` the writer, promote the standby `outage` seconds later, and see `after` writes more."""
    with pair(engine, folder) as servers:
        app = create_app(databases.settings(servers.url))
        bearer = {"Authorization": f"Bearer {create_token(app, create_accounts(app)['alice'].id)}"}
        with app.app_context():
            sqlalchemy.engine.dispose()
        with app_server.gunicorn(folder, servers.url) as served, ThreadPoolExecutor(WRITERS) as pool:
            writers = Writers(served, bearer)
            try:
                for number in range(WRITERS):
                    pool.submit(writers.write, number)
                writers.wait_for(100)
                workers = served.workers()
                fail(servers)
                time.sleep(outage)
                ready = servers.promote()
                writers.wait_for(after)
            finally:
                writers.stop()
            pool.shutdown()
            return _outcome(writers, ready, restarted=workers != served.workers())


def _outcome(writers: Writers, ready: float, restarted: bool) -> Outcome:
    titles = Counter(title for title, _ in writers.stored())
    moments = sorted(writers.acknowledged_at)
    return Outcome(
        acknowledged=len(writers.acknowledged),
        gap=_longest(moments),
        gap_when_ready=_longest([ready, *(moment for moment in moments if moment > ready)]),
        answers=dict(writers.answers),
        lost=len(set(writers.acknowledged) - set(titles)),
        doubled=sum(times - 1 for times in titles.values()),
        restarted=restarted,
    )


def _longest(moments: list[float]) -> float:
    return max(later - earlier for earlier, later in pairwise(moments))


WAYS: dict[str, Callable[[Pair], Any]] = {
    "killed": Pair.kill,
    "black hole": Pair.black_hole,
    "read-only": Pair.make_read_only,
}
