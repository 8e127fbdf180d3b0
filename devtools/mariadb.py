"""A throwaway MariaDB server on a free port of the loopback interface, as the local stand-in for MySQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pymysql

from devtools.programs import find_program

SECONDS_TO_START = 60


@contextmanager
def server(*options: str) -> Iterator[str]:
    """Run a server and yield its address, mysql+pymysql://root@127.0.0.1:PORT; its data goes with it.

    Raises MissingProgram.
    """
    folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
    port = free_port()
    try:
        _install(folder)
        process = _start(folder, port, options)
        try:
            _wait(process, port, folder)
            yield f"mysql+pymysql://root@127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _user() -> list[str]:
    return ["--user=root"] if os.geteuid() == 0 else []


def _install(folder: Path) -> None:
    subprocess.run(
        [
            find_program("mariadb-install-db"),
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--tmpdir={folder}",  # in a shared one, servers that start together take each other's files
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
            *_user(),
        ],
        check=True,
        capture_output=True,
    )


def _start(folder: Path, port: int, options: tuple[str, ...]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            find_program("mariadbd"),
            "--no-defaults",
            f"--datadir={folder}/data",
            f"--tmpdir={folder}",
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            f"--log-error={folder}/log.err",
            "--bind-address=127.0.0.1",
            f"--port={port}",
            "--skip-name-resolve",
            "--innodb-flush-method=fsync",
            *_user(),
            *options,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            pymysql.connect(host="127.0.0.1", port=port, user="root").close()
            return
        except pymysql.err.OperationalError:
            time.sleep(0.05)
    raise RuntimeError(f"MariaDB did not start:\n{(folder / 'log.err').read_text()[-2000:]}")
