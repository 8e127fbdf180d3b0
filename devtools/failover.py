"""A failover of the database, rehearsed: a writer, its standby, and a name that moves from one to the other.

RDS keeps a standby in another zone by copying every block before a commit is acknowledged. MariaDB's semi-synchronous
replication (AFTER_SYNC) stands for it: a commit is acknowledged when the standby has it. A forwarder stands for the DNS
name: new connections are led to the present writer, open ones stay where they are.
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
from devtools import app_server, databases, mariadb
from devtools.network_faults import Proxy, run_proxy
from devtools.people import create_accounts, create_token
from devtools.writers import Writers

WRITERS = 8
LOGGED = ["--log-bin=log", "--log-slave-updates"]
WRITER = [*LOGGED, "--server-id=1", "--rpl-semi-sync-master-enabled", "--rpl-semi-sync-master-wait-point=AFTER_SYNC"]
WRITER += [
    "--rpl-semi-sync-master-timeout=3600000"
]  # ms; by default it would go on without its standby after ten seconds
STANDBY = [*LOGGED, "--server-id=2", "--rpl-semi-sync-slave-enabled", "--read-only"]


@dataclass
class Pair:
    """Root's addresses of the two servers; `path` is the network on the way to the first of them."""

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
        databases.run_sql(self.standby, "STOP SLAVE IO_THREAD")  # from here on, the old writer acknowledges nothing
        _catch_up(self.standby)
        databases.run_sql(self.standby, "STOP SLAVE", "RESET SLAVE ALL", "SET GLOBAL read_only = 0")
        self.name.target = ("127.0.0.1", _port(self.standby))
        return time.monotonic()


def _port(address: str) -> int:
    return make_url(address).port or 0


def _catch_up(standby: str) -> None:
    """Wait until the standby has applied what it was sent."""
    with pymysql.connect(host="127.0.0.1", port=_port(standby), user="root") as opened:
        cursor = opened.cursor(pymysql.cursors.DictCursor)
        cursor.execute("SHOW SLAVE STATUS")
        received = (cursor.fetchone() or {})["Gtid_IO_Pos"]
        cursor.execute("SELECT MASTER_GTID_WAIT(%s, 60) AS waited", [received])
        if (cursor.fetchone() or {})["waited"] != 0:
            raise RuntimeError("The standby does not catch up.")


@contextmanager
def pair(folder: Path) -> Iterator[Pair]:
    """Run both servers, with the schema and the app's user on them."""
    with ExitStack() as stack:
        writer = stack.enter_context(mariadb.server(*WRITER))
        standby = stack.enter_context(mariadb.server(*STANDBY))
        source = f"MASTER_HOST = '127.0.0.1', MASTER_PORT = {_port(writer)}, MASTER_USER = 'root'"
        databases.run_sql(standby, f"CHANGE MASTER TO {source}, MASTER_USE_GTID = slave_pos", "START SLAVE")
        databases.run_sql(writer, "CREATE DATABASE notes CHARACTER SET utf8mb4")
        databases.migrate(f"{writer}/notes")
        databases.create_app_user(f"{writer}/notes", folder)
        path = stack.enter_context(run_proxy(_port(writer)))
        (pid_file,) = databases.run_sql(writer, "SELECT @@pid_file")[0]
        name = stack.enter_context(run_proxy(path.port))
        servers = Pair(writer, standby, int(Path(pid_file).read_text()), path, name)
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


def rehearse(folder: Path, fail: Callable[[Pair], None], outage: float, after: int = 100) -> Outcome:
    """Let people write, `fail` the writer, promote the standby `outage` seconds later, and see `after` writes more."""
    with pair(folder) as servers:
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
