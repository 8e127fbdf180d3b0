"""Servers that tests start end with the test run, also when it is killed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devtools.processes import ROOT, free_port, is_listening, wait_until

STARTER = """
import sys, time
from devtools.processes import run_server
port = sys.argv[1]
with run_server([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port], int(port)):
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.mark.server
def test_a_killed_starter_takes_its_server_along() -> None:
    port = free_port()
    command = [sys.executable, "-c", STARTER, str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"ready\n"
        assert is_listening(port)
        starter.kill()
    wait_until(lambda: not is_listening(port), "the server to end")
