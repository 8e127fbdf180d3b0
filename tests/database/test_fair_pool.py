"""Whoever waits longest for a connection gets the next one: nobody gives up while others are served again and again."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from on_databases import on_servers
from sqlalchemy.util.queue import Empty, Queue

from app.db.fair_pool import FairPool, FairQueue
from app.db.metadata import sqlalchemy

THREADS, TURNS = 8, 40


def served(queue: Queue[int], connections: int) -> list[int]:
    """Let threads take and give back the connections again and again; return whose turn it was, in order."""
    for number in range(connections):
        queue.put(number)
    order: list[int] = []
    is_over = threading.Event()
    everybody = threading.Barrier(THREADS)

    def work(me: int) -> None:
        everybody.wait()
        while not is_over.is_set():
            connection = queue.get(timeout=60)
            order.append(me)
            time.sleep(0.001)
            if len(order) >= THREADS * TURNS:
                is_over.set()
            queue.put(connection)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(work, number) for number in range(THREADS)]:
            done.result()
    return order


def longest_wait(order: list[int]) -> int:
    """Return how many turns of others the unluckiest thread has waited for, at most."""
    last = dict.fromkeys(range(THREADS), 0)
    longest = 0
    for turn, who in enumerate(order[: THREADS * TURNS]):
        longest = max(longest, turn - last[who])
        last[who] = turn
    return max(longest, *(THREADS * TURNS - turn for turn in last.values()))


@pytest.mark.parametrize("connections", [1, 3])
def test_everybody_is_served_in_turn(connections: int) -> None:
    # A thread that the processor has forgotten for a while comes late to its queue, but a few rounds at most.
    assert longest_wait(served(FairQueue(), connections)) <= 4 * THREADS


def test_who_waits_too_long_gives_up_and_keeps_nobody_waiting() -> None:
    queue: FairQueue[str] = FairQueue()
    with ThreadPoolExecutor(2) as pool:
        impatient, patient = pool.submit(queue.get, True, 0.05), pool.submit(queue.get, True, 60)
        with pytest.raises(Empty):
            impatient.result()
        queue.put("a")
        assert patient.result(60) == "a"


def test_who_does_not_wait_takes_nothing_from_those_who_do() -> None:
    queue: FairQueue[str] = FairQueue()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(queue.get, True, 60)
        while not queue._waiting:
            time.sleep(0.001)
        with queue.mutex:
            queue._put("a")  # nobody is told yet
        with pytest.raises(Empty):
            queue.get(block=False)
        queue.put("b")
        assert waiting.result(60) in {"a", "b"}
    assert queue.qsize() == 1


@on_servers
def test_the_app_on_a_server_has_such_a_pool(context: Flask) -> None:
    pool = sqlalchemy.engine.pool
    assert isinstance(pool, FairPool)
    assert isinstance(pool._pool, FairQueue)
