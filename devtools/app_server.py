"""The application under a real gunicorn."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any

from config import server_settings
from devtools.databases import SETTINGS
from devtools.processes import ROOT, answers_http, free_port, run_server, wait_until


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class AppServer:
    """A running instance; `log` is where its lines go."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def ask(self, method: str, path: str, body: Any = None, timeout: float = 30, **headers: Any) -> Answer:
        """Return the answer; the connection ends with it. Raises OSError when there is none."""
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers |= {"Content-Type": "application/json"}
        request = urllib.request.Request(self.address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, dict(error.headers), error.read())
        except HTTPException as error:  # in the middle of an answer
            raise ConnectionError from error

    def lines(self) -> list[dict[str, Any]]:
        """Return what the server has logged."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]


@contextmanager
def gunicorn(
    folder: Path, database_url: str, code: Path = ROOT, /, app: str = "crudapp:app", **environ: str
) -> Iterator[AppServer]:
    """Serve the migrated database at `database_url`, by default with this repository's code."""
    port = int(environ.get("PORT") or free_port())
    address, log = f"http://127.0.0.1:{port}", folder / f"log-{port}"
    environ = {**SETTINGS, "DATABASE_URL": database_url, "BIND": "127.0.0.1", "PORT": str(port), **environ}
    workers = server_settings(os.environ | environ).workers
    command = [sys.executable, "-m", "gunicorn", app]
    # Its port is open before a worker is there to answer.
    with run_server(
        command, port, log, is_ready=lambda: answers_http(f"{address}/livez"), environ=environ, cwd=code
    ) as process:
        served = AppServer(address, process, log)
        # The first worker answers before the others are forked.
        wait_until(lambda: len(served.workers()) >= workers, "all workers")
        yield served
