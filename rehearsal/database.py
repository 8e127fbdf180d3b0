"""The database where RDS would be: MariaDB with TLS in one zone, a copy of it in another."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from edge.servers import self_signed

from rehearsal.cloud import Cloud
from rehearsal.names import Names
from rehearsal.namespaces import Namespace
from rehearsal.network import Network
from rehearsal.processes import listening, wait_until
from rehearsal.state import State


class Database:
    def __init__(self, network: Network, names: Names, state: State, cloud: Cloud) -> None:
        self.network, self.names = network, names
        instance = state.one("aws_db_instance")
        self.name, self.user, self.schema = instance["address"], instance["username"], instance["db_name"]
        self.password = json.loads(cloud.secrets[instance["master_user_secret"][0]["secret_arn"]])["password"]
        self.certificate = network.home / "rds"
        self_signed(self.certificate, self.name)
        self.primary, *self.standbys = network.world.of("database")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._install()
        for number, host in enumerate(network.world.of("database"), start=1):
            self._serve(network[host.name], number)
        for standby in self.standbys:
            self._follow(standby.name)
        self.sql(
            f"CREATE DATABASE {self.schema} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci",
            f"CREATE USER {self.user}@'%' IDENTIFIED BY '{self.password}'",
            f"GRANT ALL ON *.* TO {self.user}@'%' WITH GRANT OPTION",
        )
        names.lead(self.name, [self.primary.address])

    @property
    def bundle(self) -> Path:
        return self.certificate / "fullchain.pem"

    def sql(self, *statements: str, on: str = "") -> str:
        host = self.network[on or self.primary.name]
        return host.run("mysql", "--no-defaults", "-uroot", "-S/run/mysql", "-N", input=";\n".join(statements))

    def _follow(self, standby: str) -> None:
        """Copy over the network that AWS keeps for it, which no security group sees."""
        self.sql(
            f"CREATE USER replica@'%' IDENTIFIED BY '{self.password}' REQUIRE SSL",
            "GRANT REPLICATION SLAVE ON *.* TO replica@'%'",
        )
        self.sql(
            f"CHANGE MASTER TO MASTER_HOST='169.254.50.1', MASTER_USER='replica', MASTER_PASSWORD='{self.password}',"
            " MASTER_USE_GTID=slave_pos, MASTER_SSL=1, MASTER_CONNECT_RETRY=1",
            "START SLAVE",
            on=standby,
        )
        wait_until(self.in_step, "the standby")

    def in_step(self) -> bool:
        """Whether each commit waits for the standby."""
        return "ON" in self.sql("SHOW STATUS LIKE 'Rpl_semi_sync_master_status'")

    def fail_over(self) -> None:
        """Lose the primary's host; make the standby the primary, and let the name lead there."""
        lost, self.primary = self.primary, self.standbys.pop()
        self.network.remove(lost.name)
        self.sql("STOP SLAVE", "SET GLOBAL read_only = 0", on=self.primary.name)
        self.names.lead(self.name, [self.primary.address])

    def titles(self) -> list[str]:
        return self.sql(f"SELECT title FROM {self.schema}.note").splitlines()

    def _install(self) -> None:
        command = ["mariadb-install-db", "--no-defaults", f"--datadir={self.network.home}/data", "--skip-test-db"]
        command += ["--auth-root-authentication-method=normal", "--user=root"]
        subprocess.run(command, check=True, capture_output=True)

    def _serve(self, host: Namespace, number: int) -> None:
        data = host.home / "data"
        subprocess.run(["cp", "-a", self.network.home / "data", data], check=True)
        command = ["mariadbd", "--no-defaults", f"--datadir={data}", "--user=root", "--socket=/run/mysql"]
        command += [f"--ssl-key={self.certificate}/privkey.pem", f"--ssl-cert={self.bundle}"]
        command += ["--require-secure-transport", "--skip-name-resolve", f"--server-id={number}"]
        # A commit is acknowledged when the standby has it too; after a second without, the primary goes on alone.
        command += ["--log-bin=binlog", "--sync-binlog=1", "--log-slave-updates", "--gtid-strict-mode"]
        command += ["--rpl-semi-sync-master-enabled", "--rpl-semi-sync-slave-enabled"]
        command += ["--rpl-semi-sync-master-wait-point=AFTER_SYNC", "--rpl-semi-sync-master-timeout=1000"]
        if number > 1:
            command += ["--read-only"]
        self.processes[host.name] = host.start(*command, log="mariadb")
        listening(host, 3306, self.processes[host.name])
