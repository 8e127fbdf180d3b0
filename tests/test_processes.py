"""Servers that tests start: one that does not come up says why, all end with the block and with the test run."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devtools.processes import ROOT, free_port, is_listening, run_server, wait_until

STARTER = """
import sys, time
from devtools.processes import run_server
port = sys.argv[1]
with run_server([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", port], int(port)):
    print("ready", flush=True)
    time.sleep(600)
"""
LISTEN = "import socket, sys, time; server = socket.create_server(('127.0.0.1', int(sys.argv[1]))); time.sleep(600)"


@pytest.mark.server
def test_when_the_starter_is_killed_its_server_ends() -> None:
    port = free_port()
    command = [sys.executable, "-c", STARTER, str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as starter:
        assert starter.stdout
        assert starter.stdout.readline() == b"ready\n"
        assert is_listening(port)
        starter.kill()
    wait_until(lambda: not is_listening(port), "the server to end")


def test_a_server_that_ends_at_once_says_what_it_printed() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such database')"]
    with pytest.raises(RuntimeError, match="ended with 1:\nno such database"), run_server(command, free_port()):
        pass


def test_a_server_that_never_listens_is_given_up_and_ended() -> None:
    command = [sys.executable, "-c", "import time; print('waiting', flush=True); time.sleep(600)"]
    with pytest.raises(RuntimeError, match="is not ready"), run_server(command, free_port(), seconds=0.5):
        pass


def test_a_server_listens_in_the_block_and_not_after_it() -> None:
    port = free_port()
    with run_server([sys.executable, "-c", LISTEN, str(port)], port):
        assert is_listening(port)
    assert not is_listening(port)


def test_a_server_that_crashed_is_told_with_what_it_printed() -> None:
    port = free_port()
    # Two connections: run_server() asks whether it listens, and then the test makes it crash.
    code = "import os, socket, sys; server = socket.create_server(('127.0.0.1', int(sys.argv[1]))); server.accept(); "
    code += "print('a fault of its own', flush=True); server.accept(); os.abort()"

    def crash() -> None:
        with run_server([sys.executable, "-c", code, str(port)], port) as server:
            assert is_listening(port)
            server.wait(10)

    with pytest.raises(RuntimeError, match=r"crashed .*\na fault of its own"):
        crash()
