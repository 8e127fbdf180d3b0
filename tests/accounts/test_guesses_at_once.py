"""A thousand guesses at once over two processes: as many reach the hasher as are promised, and no more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import rate_limits
from devtools.people import email

GUESSES = 1000

# A process that sends its half of the guesses in three threads and counts those of which a hash was computed.
PROCESS = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from app import create_app
from app.accounts import passwords, service
from app.errors import AppError, Unavailable
from devtools.databases import settings

address, guesses, email = sys.argv[1], int(sys.argv[2]), sys.argv[3]
app = create_app(settings(address, DATABASE_POOL_SIZE="3"))
lock, hashed, outcomes = Lock(), [0], {}
matches = passwords.matches

def counting(password, stored):
    with lock:
        hashed[0] += 1
    return matches(password, stored)

passwords.matches = counting

def guess(number):
    while True:
        with app.app_context():
            try:
                service.sign_in(email, "not the password", client="192.0.2.1", user_agent="")
            except Unavailable:  # waited for a lock too long, on a busy machine
                continue
            except AppError as error:
                return type(error).__name__

print('ready', flush=True)
input()
with ThreadPoolExecutor(3) as pool:
    for outcome in pool.map(guess, range(guesses)):
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
print(json.dumps([hashed[0], outcomes]))
"""


def start(database_url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, database_url, str(GUESSES // 2), email("nobody")],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"PYTHONPATH": "."},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_of_a_thousand_guesses_over_two_processes_ten_reach_the_hasher(database_url: str) -> None:
    processes = [start(database_url) for _ in range(2)]
    for process in processes:
        assert process.stdin
        assert process.stdout
        process.stdout.readline()  # it is ready
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    found = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    assert sum(hashed for hashed, _ in found) == rate_limits.PER_EMAIL_AND_CLIENT
    assert sum(outcomes.get("Invalid", 0) for _, outcomes in found) == rate_limits.PER_EMAIL_AND_CLIENT
    assert sum(outcomes.get("TooMany", 0) for _, outcomes in found) == GUESSES - rate_limits.PER_EMAIL_AND_CLIENT
