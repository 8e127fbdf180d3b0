"""Database where RDS would be: MariaDB with TLS in one zone, a copy of it in another."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
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
        instance = state.one("aws_db_instance")
        self.name, self.user, self.schema = instance["address"], instance["username"], instance["db_name"]
        self.password = json.loads(aws.secrets[instance["master_user_secret"][0]["secret_arn"]])["password"]
        self.certificate = network.home / "rds"
        create_certificate(self.certificate, self.name)
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
        for standby in self.standbys:
            self._serve(standby, "--read-only")
            self._follow(standby)
        names.point(self.name, [self.primary.address])

    @property
    def bundle(self) -> Path:
        return self.certificate / "fullchain.pem"

    def sql(self, *statements: str, on: str = "") -> str:
        host = self.network[on or self.primary.name]
        return host.run("mysql", "--no-defaults", "-uroot", "-S/run/mysql", "-N", input=";\n".join(statements))

    def _follow(self, standby: Host) -> None:
        """Copy over the network that AWS keeps for it, which no security group sees."""
        self.sql(
            f"CHANGE MASTER TO MASTER_HOST='{self.network.storage[self.primary.name]}', MASTER_USER='replica',"
            f" MASTER_PASSWORD='{self.password}', MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
            on=standby.name,
        )
        wait_until(self.in_step, "the standby", 30)

    def in_step(self) -> bool:
        """Whether each commit waits for the standby."""
        return "ON" in self.sql("SHOW STATUS LIKE 'Rpl_semi_sync_master_status'")

    def fail_over(self) -> None:
        """Lose the primary's host; the standby takes over."""
        self.network.remove(self.primary.name)
        self.promote()

    def promote(self) -> None:
        """Make the standby the primary, and let the name lead there; the former one serves nobody until rejoin()."""
        # First of all: whoever still has a connection to it must not be acknowledged what nobody else will know.
        stop(self.processes.pop(self.primary.name), signal.SIGKILL)
        self.primary = self.standbys.pop()
        # What was acknowledged has arrived at the standby, but perhaps only in its relay log.
        self.sql("STOP SLAVE IO_THREAD", on=self.primary.name)
        applied = "Slave has read all relay log"
        wait_until(
            lambda: applied in self.sql("SHOW SLAVE STATUS", on=self.primary.name), "the standby to apply it", 30
        )
        self.sql("STOP SLAVE", "SET GLOBAL read_only = 0", on=self.primary.name)
        self.names.point(self.name, [self.primary.address])

    def _has_applied_all(self) -> bool:
        return "Slave has read all relay log" in self.sql("SHOW SLAVE STATUS", on=self.primary.name)

    def rejoin(self, former: Host) -> None:
        """Let a former primary stand by, with a new copy: what it alone had written down was promised to nobody."""
        shutil.rmtree(self.network[former.name].home / "data")
        self._serve(former, "--read-only")
        self.standbys.append(former)
        self._follow(former)

    def titles(self) -> list[str]:
        return self.sql(f"SELECT title FROM {self.schema}.note").splitlines()

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
