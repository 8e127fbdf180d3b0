"""The bastion lets named people reach the database, and nobody anything else; asked of a real sshd."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest
from sqlalchemy.engine import make_url

from devtools import mariadb
from devtools.nginx import readable_directory
from devtools.processes import ROOT, free_port, run_server, wait_until
from devtools.programs import find_program
from devtools.tls import create_certificate

DATABASE = "db.test"

# A host of its own as far as files go: /etc is a copy, /run is empty, and both vanish with the process.
HOST = """
mount --bind "$HOST_ETC" /etc
mount -t tmpfs tmpfs /run
mkdir /run/sshd
exec "$@"
"""


@dataclass
class Bastion:
    """A jump host at `port`, and the database server behind it."""

    home: Path
    port: int
    database_port: int

    def inside(self, *command: str) -> list[str]:
        """The command that runs `command` on a host where the database's name is known."""
        return [find_program("unshare"), "--mount", "sh", "-ec", HOST, "host", *command]

    def environ(self) -> dict[str, str]:
        return {"HOST_ETC": str(self.home / "etc")}

    def ssh(self, *options: str, user: str = "tunnel", key: str = "key") -> list[str]:
        """The ssh command, without anybody's own settings, keys or agent."""
        command = [find_program("ssh"), "-F", "none", "-p", str(self.port), "-l", user, "-i", str(self.home / key)]
        command += ["-o", f"UserKnownHostsFile={self.home}/known_hosts", "-o", "IdentitiesOnly=yes"]
        return [*command, "-o", "BatchMode=yes", "-o", "ExitOnForwardFailure=yes", *options, "127.0.0.1"]

    def refusal(self, *options: str, user: str = "tunnel", key: str = "key") -> str:
        """Return what ssh says when it is refused; fail when it is let in."""
        command = self.ssh(*options, user=user, key=key)
        verdict = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert verdict.returncode == 255, (verdict.returncode, verdict.stdout, verdict.stderr)
        return verdict.stderr

    @contextlib.contextmanager
    def tunnel(self, target: str) -> Iterator[int]:
        """A local port that leads to `target`, if the bastion lets it."""
        port = free_port()
        with run_server(self.ssh("-N", "-L", f"127.0.0.1:{port}:{target}"), port, self.home / "tunnel.log"):
            yield port

    def reaches(self, target: str) -> bool:
        """Whether a server behind the bastion greets us, as MariaDB and sshd both do first."""
        with self.tunnel(target) as port, socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            try:
                return connection.recv(1) != b""
            except ConnectionResetError:
                return False


def installed(home: Path, database_port: int) -> Bastion:
    """Prepare the files of a host: its /etc, one person's key, a stranger's key."""
    if os.geteuid() != 0:
        pytest.skip("a host with an /etc of its own needs root")
    bastion = Bastion(home, free_port(), database_port)
    shutil.copytree("/etc", home / "etc", symlinks=True, ignore=shutil.ignore_patterns("ssh_host_*"))
    with (home / "etc" / "hosts").open("a") as hosts:
        hosts.write(f"\n127.0.0.1 {DATABASE}\n")
    for key in ("key", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", home / key], check=True)
    return bastion


@contextlib.contextmanager
def serving(bastion: Bastion, *options: str) -> Iterator[Bastion]:
    """Run the install script, then sshd; `options` go before the installed configuration and win."""
    keys = str(bastion.home / "key.pub")
    install = bastion.inside(str(ROOT / "bastion" / "install"), f"{DATABASE}:{bastion.database_port}", keys)
    subprocess.run(install, check=True, env=os.environ | bastion.environ())
    host_key = (bastion.home / "etc" / "ssh" / "ssh_host_ed25519_key.pub").read_text()
    (bastion.home / "known_hosts").write_text(f"[127.0.0.1]:{bastion.port} {host_key}")
    sshd = [find_program("sshd"), "-D", "-e", "-o", f"Port={bastion.port}", "-o", "ListenAddress=127.0.0.1", *options]
    with run_server(bastion.inside(*sshd), bastion.port, bastion.home / "sshd.log", environ=bastion.environ()):
        yield bastion


@pytest.fixture(scope="module")
def database() -> Iterator[tuple[Path, int]]:
    """A MariaDB that speaks TLS as db.test; yields its CA bundle and its port."""
    with readable_directory() as home:
        create_certificate(home, DATABASE)
        key, certificate = home / "privkey.pem", home / "fullchain.pem"
        with mariadb.server(f"--ssl-key={key}", f"--ssl-cert={certificate}", "--require-secure-transport") as url:
            port = make_url(url).port
            assert port
            yield certificate, port


@pytest.fixture(scope="module")
def bastion(database: tuple[Path, int]) -> Iterator[Bastion]:
    find_program("sshd")
    with readable_directory() as home, serving(installed(home, database[1])) as served:
        yield served


def test_the_database_is_reached_through_the_tunnel(bastion: Bastion, database: tuple[Path, int]) -> None:
    with bastion.tunnel(f"{DATABASE}:{bastion.database_port}") as port:
        client = ["mysql", "--no-defaults", "-h", DATABASE, "-P", str(port), "-u", "root", "-Ne", "SELECT 40 + 2"]
        command = bastion.inside(*client, f"--ssl-ca={database[0]}", "--ssl-verify-server-cert")
        answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | bastion.environ())
    assert answer.stdout == "42\n"


def test_the_schema_is_upgraded_through_the_tunnel_with_tls_verified(
    bastion: Bastion, database: tuple[Path, int]
) -> None:
    environ = os.environ | bastion.environ() | {"DATABASE_CA": str(database[0])}
    with bastion.tunnel(f"{DATABASE}:{bastion.database_port}") as port:
        root = ["mysql", "--no-defaults", "-h", "127.0.0.1", "-P", str(port), "-u", "root", "--ssl"]
        subprocess.run([*root, "-e", "CREATE DATABASE upgraded CHARACTER SET utf8mb4"], check=True)
        environ["DATABASE_URL"] = f"mysql+pymysql://root@{DATABASE}:{port}/upgraded"
        flask = bastion.inside(sys.executable, "-m", "flask", "--app", "crudapp", "db")
        upgraded = subprocess.run(
            [*flask, "upgrade"], check=False, capture_output=True, text=True, env=environ, cwd=ROOT
        )
        tables = subprocess.run([*root, "-Ne", "SHOW TABLES FROM upgraded"], check=True, capture_output=True, text=True)
    assert upgraded.returncode == 0, upgraded.stderr
    assert "note" in tables.stdout.splitlines()


@contextlib.contextmanager
def db_tunnel(bastion: Bastion, **environ: str) -> Iterator[str]:
    """Run `make db-tunnel` where the database's name is known; yields what it printed, once the tunnel is open."""
    port = free_port()
    options = bastion.ssh()[1:-1]
    options[options.index("-l") : options.index("-l") + 2] = []
    environ = bastion.environ() | {"TUNNEL_PORT": str(port), "SSH_OPTIONS": " ".join(options)} | environ
    log = bastion.home / f"db-tunnel-{port}.log"
    with run_server(bastion.inside(find_program("make"), "db-tunnel"), port, log, environ=environ):
        yield log.read_text()


def line(printed: str, beginning: str, ending: str, bundle: Path) -> str:
    """Return the printed command that begins and ends so, as a person would complete it."""
    found = next(one for one in printed.splitlines() if one.strip().startswith(beginning) and one.endswith(ending))
    return found.replace("rds-bundle.pem", str(bundle)).replace(" -p ", " ")


def test_what_make_db_tunnel_prints_works(bastion: Bastion, database: tuple[Path, int]) -> None:
    certificate, database_port = database
    secret = bastion.home / "migrate.json"
    secret.write_text('{"username": "migrate", "password": "of a person"}')
    with contextlib.closing(pymysql.connect(host="127.0.0.1", port=database_port, user="root", ssl={})) as root:
        for statement in (
            "CREATE DATABASE notes",
            "CREATE USER migrate@'%' IDENTIFIED BY 'of a person' REQUIRE SSL",
            "GRANT ALL ON notes.* TO migrate@'%'",
        ):
            root.cursor().execute(statement)
    environ = os.environ | bastion.environ() | {"MYSQL_PWD": "of a person"}
    with db_tunnel(bastion, BASTION="127.0.0.1", DATABASE=f"{DATABASE}:{database_port}") as printed:
        assert "/etc/hosts" not in printed
        flask = line(printed, "DATABASE_URL=", "db upgrade", certificate).replace("migrate.json", str(secret))
        flask = flask.replace(" flask ", f" {sys.executable} -m flask ")
        mysql = line(printed, "mysql", "# MariaDB's", certificate).replace("mysql -h", "mysql --no-defaults -h")
        for command in (flask, f"echo 'SHOW TABLES' | {mysql}"):
            ran = subprocess.run(
                bastion.inside("sh", "-ec", command), check=False, capture_output=True, text=True, env=environ, cwd=ROOT
            )
            assert ran.returncode == 0, ran.stderr
    assert "note_search" in ran.stdout


def test_make_db_tunnel_asks_terraform_and_says_what_is_missing_on_this_machine(bastion: Bastion, home: Path) -> None:
    terraform = shutil.which("terraform") or pytest.skip("terraform is not installed; Debian has no package of it")
    outputs = {"bastion_address": "127.0.0.1", "database_host": "elsewhere.test"}
    (home / "outputs.tf").write_text("".join(f'output "{name}" {{ value = "{at}" }}\n' for name, at in outputs.items()))
    subprocess.run([terraform, f"-chdir={home}", "apply", "-auto-approve"], check=True, capture_output=True)
    with db_tunnel(bastion, TERRAFORM=str(home)) as printed:
        assert "echo '127.0.0.1 elsewhere.test' | sudo tee -a /etc/hosts" in printed
        assert "mysql -h elsewhere.test" in printed


@pytest.mark.parametrize(
    "what", ["another port", "another name of the same host", "the bastion itself", "the metadata"]
)
def test_nothing_but_the_database_is_reached(bastion: Bastion, what: str) -> None:
    target = {
        "another port": f"{DATABASE}:{bastion.port}",
        "another name of the same host": f"127.0.0.1:{bastion.database_port}",
        "the bastion itself": f"127.0.0.1:{bastion.port}",
        "the metadata": "169.254.169.254:80",
    }[what]
    assert not bastion.reaches(target)
    wait_until(lambda: target.split(":")[0] in refused_targets(bastion), "the refusal in the log")


def refused_targets(bastion: Bastion) -> str:
    lines = (bastion.home / "sshd.log").read_text().splitlines()
    return "\n".join(line for line in lines if "Received request" in line and "denied" in line)


def test_without_the_rule_the_same_attempts_succeed(home: Path, database: tuple[Path, int]) -> None:
    find_program("sshd")
    open_to_all = ["-o", "PermitOpen=any", "-o", "MaxSessions=10", "-o", "ForceCommand=none"]
    with serving(installed(home, database[1]), *open_to_all) as bastion:
        assert bastion.reaches(f"127.0.0.1:{bastion.database_port}")
        assert bastion.reaches(f"127.0.0.1:{bastion.port}")
        shell = subprocess.run(bastion.ssh("-T"), check=False, capture_output=True, text=True)
    assert "This account is currently not available" in shell.stdout


SESSIONS = {
    "a shell": [],
    "a terminal": ["-tt"],
    "a shell with an agent": ["-A"],
    "a shell with a display": ["-X"],
    "file transfer": ["-s"],
}


@pytest.mark.parametrize("options", SESSIONS.values(), ids=SESSIONS.keys())
def test_no_session_is_opened(bastion: Bastion, options: list[str]) -> None:
    command = ["sftp"] if options == ["-s"] else []
    verdict = subprocess.run(
        [*bastion.ssh(*options), *command], check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert verdict.returncode == 255
    assert "open failed" in verdict.stderr
    assert verdict.stdout == ""


def test_a_command_is_not_run(bastion: Bastion) -> None:
    verdict = subprocess.run([*bastion.ssh(), "id"], check=False, capture_output=True, text=True)
    assert (verdict.returncode, verdict.stdout) == (255, "")


def test_no_port_is_opened_on_the_bastion(bastion: Bastion) -> None:
    assert "remote port forwarding failed" in bastion.refusal("-N", "-R", f"{free_port()}:127.0.0.1:22")


@pytest.mark.parametrize("switch", ["permittunnel", "allowagentforwarding", "x11forwarding", "permituserrc"])
def test_what_only_a_session_could_ask_for_is_off_as_well(bastion: Bastion, switch: str) -> None:
    command = bastion.inside(find_program("sshd"), "-T")
    settings = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | bastion.environ())
    assert f"{switch} no" in settings.stdout.splitlines()


def test_a_proxy_leads_nowhere_else(bastion: Bastion) -> None:
    port = free_port()
    with run_server(bastion.ssh("-N", "-D", f"127.0.0.1:{port}"), port, bastion.home / "proxy.log"):
        command = ["curl", "--silent", "--max-time", "10", "--proxy", f"socks5h://127.0.0.1:{port}"]
        verdict = subprocess.run([*command, f"http://127.0.0.1:{bastion.port}"], check=False, capture_output=True)
    assert verdict.returncode == 97  # the proxy refused


def test_a_socket_file_is_not_reached(bastion: Bastion) -> None:
    port = free_port()
    forward = f"127.0.0.1:{port}:/run/mysqld/mysqld.sock"
    with run_server(bastion.ssh("-N", "-L", forward), port, bastion.home / "socket.log"):
        socket.create_connection(("127.0.0.1", port)).close()
        log = bastion.home / "sshd.log"
        wait_until(lambda: "refused streamlocal port forward" in log.read_text(), "the refusal")


def test_a_password_is_never_asked_for(bastion: Bastion) -> None:
    refusal = bastion.refusal("-o", "PubkeyAuthentication=no", "-o", "BatchMode=no")
    assert "Permission denied (publickey)." in refusal


@pytest.mark.parametrize(
    ("user", "key"), [("tunnel", "stranger"), ("root", "key"), ("ubuntu", "key"), ("nobody", "key")]
)
def test_everybody_else_is_refused(bastion: Bastion, user: str, key: str) -> None:
    assert "Permission denied (publickey)." in bastion.refusal("-N", user=user, key=key)


@pytest.mark.parametrize(
    "option",
    [
        "KexAlgorithms=diffie-hellman-group14-sha256",
        "KexAlgorithms=+ecdh-sha2-nistp256",
        "Ciphers=aes128-ctr",
        "HostKeyAlgorithms=rsa-sha2-512",
    ],
)
def test_outdated_algorithms_are_not_spoken(bastion: Bastion, option: str) -> None:
    assert "no matching" in bastion.refusal("-N", "-o", option.replace("+", ""))


def test_each_tunnel_leads_to_a_persons_key(bastion: Bastion) -> None:
    listed = subprocess.run(["ssh-keygen", "-lf", bastion.home / "key.pub"], check=True, capture_output=True, text=True)
    assert bastion.reaches(f"{DATABASE}:{bastion.database_port}")
    assert f"Accepted key ED25519 {listed.stdout.split()[1]}" in (bastion.home / "sshd.log").read_text()


@pytest.mark.parametrize("database_address", ["db.test", "db.test:", ":3306", "db.test:3306\nPermitOpen any", "a;b:1"])
def test_an_address_that_is_none_is_refused(home: Path, database_address: str) -> None:
    install = [str(ROOT / "bastion" / "install"), database_address, str(home / "keys")]
    refused = subprocess.run(install, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert "is not HOST:PORT" in refused.stderr
