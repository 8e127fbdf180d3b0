"""What every store of entries must do; each test runs on every database and on DynamoDB."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from flask import Flask

from app.entries import dynamo, service
from app.entries.store import TIMESTAMP, Entry, Store, timestamp
from app.errors import TooMany


def at(second: int, suffix: str = "0" * 16) -> str:
    return f"2026-03-01T12:00:{second:02}.000000Z-{suffix}"


def fill(store: Store, *usernames: str) -> list[Entry]:
    entries = [Entry(name, f"{number:08}", at(number)) for number, name in enumerate(usernames)]
    assert all(store.add(entry) for entry in entries)
    return entries


def test_an_empty_store_has_no_latest_entry(store: Store) -> None:
    assert store.latest() is None
    assert store.recent(10) == []
    assert store.of("alice", 10) == []


def test_the_latest_entry_is_the_one_of_the_latest_moment(store: Store) -> None:
    _, newest = Entry("a", "00000000", at(1)), Entry("b", "00000001", at(2))
    assert store.add(newest)
    assert store.add(Entry("a", "00000000", at(1)))
    assert store.latest() == newest


def test_leading_zeros_survive(store: Store) -> None:
    store.add(Entry("alice", "00000007", at(1)))
    latest = store.latest()
    assert latest is not None
    assert latest.number == "00000007"


def test_two_entries_of_one_person_at_one_instant_both_survive(store: Store) -> None:
    both = [Entry("alice", "00000001", at(1, "a" * 16)), Entry("alice", "00000002", at(1, "b" * 16))]
    assert [store.add(entry) for entry in both] == [True, True]
    assert store.of("alice", 10) == both[::-1]


def test_an_entry_never_replaces_another(store: Store) -> None:
    store.add(Entry("alice", "00000001", at(1)))
    assert not store.add(Entry("alice", "00000002", at(1)))
    assert [entry.number for entry in store.of("alice", 10)] == ["00000001"]


def test_adding_the_very_same_entry_again_is_no_failure_and_no_double(store: Store) -> None:
    entry = Entry("alice", "00000001", at(1))
    assert [store.add(entry), store.add(entry)] == [True, True]
    assert store.recent(10) == [entry]


def test_lists_are_newest_first_and_go_on_below_a_timestamp(store: Store) -> None:
    entries = fill(store, "alice", "bob", "alice", "bob", "alice")[::-1]
    assert store.recent(2) == entries[:2]
    assert store.recent(10, entries[1].timestamp) == entries[2:]
    assert store.of("alice", 2) == [entries[0], entries[2]]
    assert store.of("alice", 2, entries[2].timestamp) == [entries[4]]


@pytest.mark.parametrize("other", ["Alice", "alice.", "älice", "alic", "alice2"])
def test_a_name_is_told_from_one_that_looks_alike(store: Store, other: str) -> None:
    fill(store, "alice", other)
    assert [entry.username for entry in store.of("alice", 10)] == ["alice"]


@pytest.mark.parametrize("name", ["böb", "Ж.ivan", "अनिता", "李", "x" * 32, "𝟙😀"[:1]])
def test_names_of_every_script_come_back_as_they_were(store: Store, name: str) -> None:
    entries = fill(store, name)
    assert store.of(name, 10) == store.recent(10) == entries


def test_lists_cross_from_one_year_to_the_one_before(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamo, "FIRST_YEAR", 2020)
    years = [Entry("alice", "00000000", f"{year}-01-01T00:00:00.000000Z-{'0' * 16}") for year in (2024, 2023, 2021)]
    assert all(store.add(entry) for entry in years)
    assert store.latest() == years[0]
    assert store.recent(10) == years
    assert store.recent(10, years[0].timestamp) == years[1:]


def test_entries_of_many_at_once_are_all_kept(entries_app: Flask) -> None:
    def add(number: int) -> bool:
        with entries_app.app_context():
            kept: bool = service.store.of(entries_app).add(Entry("alice", f"{number:08}", timestamp()))
            return kept

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(add, range(40)))
    with entries_app.app_context():
        assert len(service.store.of(entries_app).of("alice", 100)) == 40


def test_timestamps_have_one_width_and_grow_with_time() -> None:
    made = [timestamp() for _ in range(1000)]
    assert all(TIMESTAMP.fullmatch(each) for each in made)
    assert all(former[:26] <= latter[:26] for former, latter in pairwise(made))
    assert len(set(made)) == 1000


# --- How often one may try ---------------------------------------------------------------------------------------


def outcomes(app: Flask, number: int, **limits: int) -> list[bool]:
    """Return, of attempts one after the other, which were let through."""
    return [let_through(app, limits) for _ in range(number)]


def let_through(app: Flask, limits: dict[str, int]) -> bool:
    with app.app_context():
        try:
            service.store.of(app).count(limits)
        except TooMany as error:
            return not 0 < error.retry_after <= 15 * 60
        return True


@pytest.fixture
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of time that does not end while a test counts."""
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)


@pytest.mark.usefixtures("calm")
def test_after_as_many_attempts_as_the_limit_one_has_to_wait(entries_app: Flask) -> None:
    assert outcomes(entries_app, 5, alice=3) == [True] * 3 + [False] * 2
    assert outcomes(entries_app, 1, bob=3) == [True]


@pytest.mark.usefixtures("calm")
def test_one_subject_at_its_limit_is_enough(entries_app: Flask) -> None:
    assert outcomes(entries_app, 2, alice=9, together=2) == [True, True]
    assert outcomes(entries_app, 1, bob=9, together=2) == [False]


@pytest.mark.usefixtures("calm")
def test_two_processes_share_one_limit(make_entries: Callable[..., Flask]) -> None:
    apps = [make_entries(), make_entries()]
    with ThreadPoolExecutor(8) as pool:
        through = pool.map(lambda number: let_through(apps[number % 2], {"alice": 10}), range(40))
        assert sum(through) == 10


def test_with_time_one_may_go_on(
    entries_app: Flask, later: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0)
    assert outcomes(entries_app, 3, alice=2) == [True, True, False]
    later(minutes=16)
    monkeypatch.setattr(time, "time", lambda: 1_800_000_000.0 + 16 * 60)
    assert outcomes(entries_app, 3, alice=2) == [True, True, False]
