"""A MySQL server, the one of production, as devtools/mariadb.py runs MariaDB. Raises MissingProgram.

Debian has MySQL in sid only. Its packages are unpacked into build/mysql, installed nowhere, and run on the libraries
that they bring along. apt finds and verifies them, in the archive from which this machine takes its own packages.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from devtools.mariadb import ROOT_OPTIONS, SECONDS_TO_START, accepts_root, address
from devtools.processes import ROOT, free_port, run_server
from devtools.programs import MissingProgram

BUILD = ROOT / "build"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
RETRIES = 3  # of what was not answered, after 1, 2 and 4 seconds
# Perl is for the scripts beside the server.
PACKAGES = r"(?!perl|libperl).*\.deb"
# Names are not looked up, so root is nobody at 127.0.0.1 unless he may come from everywhere.
ROOT_USER = "CREATE USER root@'%' IDENTIFIED BY ''; GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;\n"
WITHOUT_TLS: tuple[str, ...] = ("--tls-version=",)
# Without these, a data directory takes 200 MB and twice as long to copy.
SMALL = ("--innodb-redo-log-capacity=32M", "--performance-schema=OFF", "--mysqlx=OFF")


@contextmanager
def server(*options: str) -> Iterator[str]:
    """Run a server and yield its address, mysql+pymysql://root@127.0.0.1:PORT; its data goes with it."""
    with tempfile.TemporaryDirectory(prefix="mysql-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        install(folder)
        with run(folder, port, *options):
            yield address(port)


def install(folder: Path) -> None:
    """Create an empty data directory, `folder`/data."""
    shutil.copytree(_unpacked() / "data", folder / "data")


@contextmanager
def run(folder: Path, port: int, *options: str, seconds_to_stop: float = 30) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on the data in `folder`, which stays."""
    command = [*_mysqld(_unpacked()), f"--datadir={folder}/data", f"--tmpdir={folder}", *SMALL]
    command += [f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
    command += ["--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve", "--innodb-flush-method=fsync"]
    with run_server(
        [*command, *options],
        port,
        folder / "log.err",
        is_ready=lambda: accepts_root(port),
        seconds=SECONDS_TO_START,
        seconds_to_stop=seconds_to_stop,
    ) as process:
        yield process


def version() -> str:
    """Return what the server says of itself, such as 9.7.4-2."""
    printed = subprocess.run([*_mysqld(_unpacked()), "--version"], check=True, capture_output=True, text=True).stdout
    return printed.partition("Ver ")[2].split()[0]


def _unpacked() -> Path:
    """Return the folder of the server and of the data directory that all others are copies of."""
    if lack := _lack():
        raise MissingProgram(lack)
    return BUILD / "mysql"


@cache
def _lack() -> str | None:
    """Unpack the server, unless it is there; return why it cannot be had. Asked once: the answer takes seconds."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "mysql.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # the processes of pytest-xdist begin at once
        if (BUILD / "mysql").exists():
            return None
        unfinished = BUILD / "mysql.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            _unpack(unfinished)
            _initialize(unfinished)
        except (subprocess.CalledProcessError, OSError) as error:
            return f"MySQL itself, which is unpacked from Debian's sid: {_reason(error)}"
        shutil.rmtree(unfinished / "apt")
        unfinished.rename(BUILD / "mysql")
    return None


def _reason(error: subprocess.CalledProcessError | OSError) -> str:
    if isinstance(error, OSError):
        return str(error)
    return error.stderr.decode().strip().partition("\n")[0] or f"{error.cmd[0]} ended with {error.returncode}"


def _unpack(folder: Path) -> None:
    """Put the server and the libraries it needs below `folder`/root."""
    apt = folder / "apt"
    for needed in ("lists/partial", "cache/archives/partial"):
        (apt / needed).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb [signed-by={KEYRING}] {_archive()} sid main\n")
    settings = {
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "/dev/null",
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",  # nothing is installed, so all that it needs is fetched
        "Dir::Cache": apt / "cache",
        "Acquire::Languages": "none",
        "Acquire::Retries": RETRIES,
        "APT::Sandbox::User": "",
        "APT::Update::Error-Mode": "any",
        "Debug::NoLocking": "1",
    }
    options = [f"-o{name}={value}" for name, value in settings.items()]
    for arguments in (["update"], ["install", "--download-only", "--no-install-recommends", "mysql-server-core"]):
        _run("apt-get", "-qq", *options, *arguments)
    for package in (apt / "cache/archives").iterdir():
        if re.fullmatch(PACKAGES, package.name):
            _run("dpkg-deb", "--extract", package, folder / "root")


def _archive() -> str:
    """Return the address of the Debian archive that this machine uses."""
    if not KEYRING.exists():
        raise FileNotFoundError(f"{KEYRING} is missing; this is not Debian")
    indexes = _run("apt-get", "indextargets", "--format", "$(REPO_URI)").split()
    archives = [uri for uri in indexes if re.search(r"/debian/?$", uri)]
    if not archives:
        raise FileNotFoundError("apt has no archive of Debian in its sources")
    return archives[0]


def _initialize(folder: Path) -> None:
    """Create a data directory: it takes a dozen seconds, so it is done once."""
    (folder / "root.sql").write_text(ROOT_USER)
    options = ("--initialize-insecure", f"--datadir={folder}/data", f"--init-file={folder}/root.sql", *SMALL)
    _run(*_mysqld(folder), *options)
    (folder / "data/auto.cnf").unlink(missing_ok=True)  # two servers of one UUID cannot replicate


def _mysqld(folder: Path) -> list[str]:
    """Return the command of the server: its own loader finds its own libraries, newer than this system's."""
    usr = folder / "root/usr"
    [loader] = usr.glob("lib/*/ld-linux-*.so.*")
    command = [str(loader), "--library-path", str(loader.parent), f"{usr}/sbin/mysqld", "--no-defaults"]
    command += [f"--basedir={usr}", f"--lc-messages-dir={usr}/share/mysql", f"--plugin-dir={usr}/lib/mysql/plugin"]
    command += [f"--character-sets-dir={usr}/share/mysql/charsets", "--secure-file-priv="]
    return command + ROOT_OPTIONS


def _run(*command: str | Path) -> str:
    environ = os.environ | {"LC_ALL": "C"}
    return subprocess.run(command, check=True, capture_output=True, env=environ).stdout.decode()


def main() -> None:
    """Fetch MySQL before the tests begin, and print which one it is, or loudly that there is none."""
    try:
        print("MySQL", version())
    except MissingProgram as lack:
        print(f"NOT TESTED: {lack}")
        sys.exit(os.environ.get("NO_SKIPS") == "1")


if __name__ == "__main__":
    main()
