"""The database where RDS would be: MariaDB with TLS in one zone, a copy of it in another."""

from __future__ import annotations

import secrets
import subprocess
from pathlib import Path

from edge.servers import self_signed

from rehearsal.namespaces import Namespace
from rehearsal.names import Names
from rehearsal.network import Network
from rehearsal.processes import listening
from rehearsal.state import State


class Database:
    def __init__(self, network: Network, names: Names, state: State) -> None:
        self.network, self.names = network, names
        instance = state.one("aws_db_instance")
        self.name, self.user, self.schema = instance["address"], instance["username"], instance["db_name"]
        self.password = secrets.token_urlsafe(24)
        self.certificate = network.home / "rds"
        self_signed(self.certificate, self.name)
        self.primary, *self.standbys = network.world.of("database")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._install()
        for number, host in enumerate(network.world.of("database"), start=1):
            self._serve(network[host.name], number)
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
        self.processes[host.name] = host.start(*command, log="mariadb")
        listening(host, 3306, self.processes[host.name])
