"""Database where RDS would be: MariaDB with TLS in one zone, a copy of it in another; two copies, as of a cluster."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

from devtools.processes import wait_until
from devtools.tls import create_certificate
from rehearsal.components.aws_services import AwsServices
from rehearsal.model.state import State
from rehearsal.model.topology import Host
from rehearsal.network.dns import NameServers
from rehearsal.network.network import Network
from rehearsal.network.processes import stop, wait_until_listening


class Database:
    def __init__(self, network: Network, names: NameServers, state: State, aws: AwsServices) -> None:
        self.network, self.names = network, names
        self._read(state)
        self.password = json.loads(aws.secrets[self.secret])["password"]
        self.certificate = network.home / "rds"
        create_certificate(self.certificate, self.name, *([self.reader] if self.reader else []))
        self.primary, *self.standbys = network.topology.of("database")
        self.processes, self.started = dict[str, subprocess.Popen[bytes]](), 0
        self._install()
        self._serve(self.primary)
        self.sql(
            f"CREATE USER replica@'%' IDENTIFIED BY '{self.password}' REQUIRE SSL",
            "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
            f"CREATE DATABASE {self.schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
            f"CREATE USER {self.user}@'%' IDENTIFIED BY '{self.password}'",
            f"GRANT ALL ON *.* TO {self.user}@'%' WITH GRANT OPTION",
        )
        for number, standby in enumerate(self.standbys, start=1):
            self._serve(standby, "--read-only")
            self._follow(standby, number)
        self._point()

    def _read(self, state: State) -> None:
        """The names of an instance, or of a cluster, which has one more for those that can only be read."""
        if clusters := state.values("aws_rds_cluster"):
            (found,) = clusters
            self.name, self.reader = found["endpoint"], found["reader_endpoint"]
            self.user, self.schema = found["master_username"], found["database_name"]
        else:
            found = state.one("aws_db_instance")
            self.name, self.reader, self.user, self.schema = found["address"], "", found["username"], found["db_name"]
        self.secret = found["master_user_secret"][0]["secret_arn"]

    def _point(self) -> None:
        self.names.point(self.name, [self.primary.address])
        if self.reader:
            self.names.point(self.reader, [standby.address for standby in self.standbys or [self.primary]])

    @property
    def bundle(self) -> Path:
        return self.certificate / "fullchain.pem"

    def sql(self, *statements: str, on: str = "") -> str:
        host = self.network[on or self.primary.name]
        return host.run("mysql", "--no-defaults", "-uroot", "-S/run/mysql", "-N", input=";\n".join(statements))

    def _follow(self, standby: Host, count: int) -> None:
        """Copy over the network that AWS keeps for it, which no security group sees, as the `count`-th that does."""
        self._copy_from(self.primary, standby)
        wait_until(lambda: self.in_step(count), "the standby", 30)

    def _copy_from(self, source: Host, standby: Host) -> None:
        self.sql(
            f"CHANGE MASTER TO MASTER_HOST='{self.network.storage[source.name]}', MASTER_USER='replica',"
            f" MASTER_PASSWORD='{self.password}', MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
            on=standby.name,
        )

    def in_step(self, count: int = 0) -> bool:
        """Whether each commit waits for a standby, and all of them, or so many, copy."""
        status = self.sql("SHOW STATUS LIKE 'Rpl_semi_sync_master_%'").split()
        found = dict(zip(status[::2], status[1::2], strict=True))
        copying = int(found["Rpl_semi_sync_master_clients"])
        return found["Rpl_semi_sync_master_status"] == "ON" and copying >= (count or len(self.standbys))

    def fail_over(self) -> None:
        """Lose the primary's host; a standby takes over."""
        self.network.remove(self.primary.name)
        self.promote()

    def promote(self, chosen: Host | None = None) -> None:
        """Make a standby the primary, and point the name to it; the former one serves no requests until rejoin()."""
        # First of all: it must not acknowledge a write that the new primary will not have.
        stop(self.processes.pop(self.primary.name), signal.SIGKILL)
        self.primary = chosen or self.standbys[-1]
        self.standbys.remove(self.primary)
        # What was acknowledged has arrived at one of them, but perhaps only in its relay log.
        for standby in [self.primary, *self.standbys]:
            self.sql("STOP SLAVE IO_THREAD", on=standby.name)
            wait_until(partial(self._has_applied_all, standby), "the standby to apply it", 30)
        for standby in self.standbys:
            self._catch_up(standby)
        self.sql("STOP SLAVE", "SET GLOBAL read_only = 0", on=self.primary.name)
        self._point()
        for number, standby in enumerate(self.standbys, start=1):
            self.sql("STOP SLAVE", on=standby.name)
            self._follow(standby, number)

    def _has_applied_all(self, standby: Host) -> bool:
        return "Slave has read all relay log" in self.sql("SHOW SLAVE STATUS", on=standby.name)

    def _catch_up(self, other: Host) -> None:
        """Let the next primary have what that other standby has: a commit is acknowledged when one of them has it."""
        position = self.sql("SELECT @@gtid_slave_pos", on=other.name).strip()
        self.sql("STOP SLAVE", on=self.primary.name)
        self._copy_from(other, self.primary)
        if self.sql(f"SELECT MASTER_GTID_WAIT('{position}', 30)", on=self.primary.name).strip() != "0":
            raise RuntimeError(f"{self.primary.name} did not get to {position}")

    def rejoin(self, former: Host) -> None:
        """Let a former primary stand by, with a new copy: what it alone had written was not acknowledged."""
        shutil.rmtree(self.network[former.name].home / "data")
        self._serve(former, "--read-only")
        self.standbys.append(former)
        self._follow(former, len(self.standbys))
        self._point()

    def titles(self) -> list[str]:
        return self.sql(f"SELECT title FROM {self.schema}.note").splitlines()

    def names_of_files(self) -> list[str]:
        return self.sql(f"SELECT name FROM {self.schema}.file").splitlines()

    def _install(self) -> None:
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={self.network.home}/data", "--skip-test-db"]
        command += ["--auth-root-authentication-method=normal", "--user=root"]
        subprocess.run(command, check=True, capture_output=True)

    def _serve(self, instance: Host, *options: str) -> None:
        host = self.network[instance.name]
        data = host.home / "data"
        subprocess.run(["cp", "-a", self.network.home / "data", data], check=True)
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", "--socket=/run/mysql"]
        command += [f"--ssl-key={self.certificate}/privkey.pem", f"--ssl-cert={self.bundle}"]
        # A number that was nobody's: a server skips what it takes for its own.
        self.started += 1
        command += ["--require-secure-transport", "--skip-name-resolve", f"--server-id={self.started}"]
        # A commit is acknowledged when the standby has it too; after a second without, the primary goes on alone.
        command += ["--log-bin=binlog", "--sync-binlog=1", "--log-slave-updates", "--gtid-strict-mode"]
        command += ["--rpl-semi-sync-master-enabled", "--rpl-semi-sync-slave-enabled"]
        command += ["--rpl-semi-sync-master-wait-point=AFTER_SYNC", "--rpl-semi-sync-master-timeout=1000"]
        self.processes[host.name] = host.start(*command, *options, log="mariadb")
        wait_until_listening(host, 3306, self.processes[host.name])
