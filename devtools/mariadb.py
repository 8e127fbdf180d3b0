"""A MariaDB server on a port of the loopback interface, as the local stand-in for MySQL. Raises MissingProgram."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from devtools.processes import free_port, run_server
from devtools.programs import find_program

SECONDS_TO_START = 60
WITHOUT_TLS: tuple[str, ...] = ("--skip-ssl",)
ROOT_OPTIONS = ["--user=root"] if os.geteuid() == 0 else []  # without it, root is refused


@contextmanager
def server(*options: str) -> Iterator[str]:
    """Run a server and yield its address, mysql+pymysql://root@127.0.0.1:PORT; its data goes with it."""
    with tempfile.TemporaryDirectory(prefix="mariadb-", ignore_cleanup_errors=True) as name:
        folder, port = Path(name), free_port()
        install(folder)
        with run(folder, port, *options):
            yield address(port)


def address(port: int) -> str:
    return f"mysql+pymysql://root@127.0.0.1:{port}"


def install(folder: Path) -> None:
    """Create an empty data directory, `folder`/data."""
    command = [find_program("mariadb-install-db"), "--no-defaults", f"--datadir={folder}/data"]
    command += [f"--tmpdir={folder}"]  # in a shared one, servers that start together take each other's files
    command += ["--auth-root-authentication-method=normal", "--skip-test-db", *ROOT_OPTIONS]
    subprocess.run(command, check=True, capture_output=True)


@contextmanager
def run(folder: Path, port: int, *options: str, seconds_to_stop: float = 30) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server on the data in `folder`, which stays."""
    command = [find_program("mariadbd"), "--no-defaults", f"--datadir={folder}/data", f"--tmpdir={folder}"]
    command += [f"--socket={folder}/socket", f"--pid-file={folder}/pid"]
    command += ["--bind-address=127.0.0.1", f"--port={port}", "--skip-name-resolve", "--innodb-flush-method=fsync"]
    with run_server(
        [*command, *ROOT_OPTIONS, *options],
        port,
        folder / "log.err",
        is_ready=lambda: accepts_root(port),
        seconds=SECONDS_TO_START,
        seconds_to_stop=seconds_to_stop,
    ) as process:
        yield process


def version() -> str:
    """Return what the server says of itself, such as 10.11.6-MariaDB."""
    printed = subprocess.run([find_program("mariadbd"), "--version"], check=True, capture_output=True, text=True).stdout
    return printed.partition("Ver ")[2].split()[0]


def accepts_root(port: int) -> bool:
    try:
        pymysql.connect(host="127.0.0.1", port=port, user="root").close()
    except pymysql.err.OperationalError:
        return False
    return True
