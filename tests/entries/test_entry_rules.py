"""Which usernames and numbers are taken; everything else gets a sentence, and nothing is stored."""

from __future__ import annotations

import re
import sys
import unicodedata

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from statements import heard

from app.entries import service
from app.entries.store import Store
from app.errors import Invalid, NotFound

HERE = "192.0.2.1"

# Refused before the store is asked for anything; the cases that reach it run on each.
before_the_store = pytest.mark.parametrize("make_entries", ["sqlite"], indirect=True)
# The store is left empty by every example, so one for all of them is enough.
MANY = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def texts_of_digits() -> st.SearchStrategy[str]:
    digits = [letter for letter in map(chr, range(sys.maxunicode)) if letter.isnumeric()]
    return st.text(
        st.sampled_from(["0", "7", "9", *digits[::7], " ", "\t", "\n", "+", "-", ".", ",", "a", "\x00"]), max_size=20
    )


# Deferred, because whoever only collects the tests need not look at every letter there is.
WRONG_NUMBERS = st.deferred(texts_of_digits).filter(lambda typed: not re.fullmatch(r"[0-9]{8}", typed))


def refused(**typed: str) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        service.add(**({"username": "alice", "number": "12345678"} | typed), client=HERE)
    return error.value.fields


@before_the_store
@MANY
@given(number=WRONG_NUMBERS)
def test_whatever_is_not_eight_ascii_digits_is_refused_and_not_stored(store: Store, number: str) -> None:
    assert list(refused(number=number)) == ["number"]
    assert store.latest() is None


@settings(MANY, max_examples=20)
@given(number=st.from_regex(r"[0-9]{8}", fullmatch=True))
def test_eight_ascii_digits_come_back_as_they_were(store: Store, no_limit: None, number: str) -> None:
    assert service.add("alice", number, client=HERE).number == number
    assert store.of("alice", 1)[0].number == number


@before_the_store
def test_a_refusal_asks_the_store_nothing(store: Store) -> None:
    with heard() as sent:
        refused(username="", number="")
        for wrong in ({"limit": 0}, {"before": "x"}):
            with pytest.raises(Invalid):
                service.recent(**wrong)
    assert sent == []


@pytest.fixture
def no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PER_ADDRESS", 10_000)


@before_the_store
@pytest.mark.parametrize(
    "number",
    ["²²²²²²²²", "١٢٣٤٥٦٧٨", "１２３４５６７８", "12345678\n", " 12345678", "1234 5678", "+1234567", "-1234567",
     "1_000_00", "0x123456", "1e7", ""],
)  # fmt: skip
def test_what_only_looks_like_a_number_is_refused(store: Store, number: str) -> None:
    assert list(refused(number=number)) == ["number"]
    assert store.latest() is None


@before_the_store
@pytest.mark.parametrize(
    ("number", "words"),
    [("", "Type the number"), ("1234567", "this has 7"), ("123456789", "this has 9"), ("1234 678", "without signs")],
)
def test_the_sentence_says_what_to_do(store: Store, number: str, words: str) -> None:
    assert words in refused(number=number)["number"]


@before_the_store
@pytest.mark.parametrize(
    "name",
    ["", " ", ".", "..", "-a", "_a", "#attempts 1", "a b", "a/b", "a#b", "a\x00", "a\u202eb", "x" * 33, "\u0301a",
     "<b>", "a\ud800", "😀", "a\u00adb"],
)  # fmt: skip
def test_a_name_outside_the_rule_is_refused(store: Store, name: str) -> None:
    assert list(refused(username=name)) == ["username"]
    assert store.latest() is None


@MANY
@given(name=st.text(max_size=40))
def test_a_name_that_is_taken_never_holds_what_could_be_mistaken(name: str) -> None:
    tidied = service.tidy_username(name)
    if service.is_username(tidied):
        assert not tidied.startswith("#")
        assert not any(unicodedata.category(letter)[0] in "CZS" or letter in "/#?%<>&\"'" for letter in tidied)
        assert service.tidy_username(tidied) == tidied


@pytest.mark.parametrize("name", ["alice", "A", "0", "a.b-c_d", "böb", "अनिता", "x" * 32, "Ünal"])
def test_a_name_within_the_rule_is_taken(store: Store, name: str) -> None:
    assert service.add(name, "12345678", client=HERE).username == unicodedata.normalize("NFC", name)


def test_one_name_written_in_two_ways_is_one_person(store: Store) -> None:
    service.add("u\u0308nal", "00000001", client=HERE)
    service.add(" ünal ", "00000002", client=HERE)
    assert [entry.number for entry in service.of("ünal").entries] == ["00000002", "00000001"]


@before_the_store
def test_all_faults_are_named_at_once(store: Store) -> None:
    assert sorted(refused(username="", number="")) == ["number", "username"]


def test_what_is_sent_again_with_its_key_is_kept_once(store: Store) -> None:
    sent = [service.add("alice", "12345678", client=HERE, key="a key") for _ in range(6)]
    assert len(set(sent)) == 1
    assert len(store.of("alice", 10)) == 1


def test_something_else_with_the_same_key_is_kept_too(store: Store) -> None:
    for number in ("12345678", "12345679"):
        service.add("alice", number, client=HERE, key="a key")
    assert len(store.of("alice", 10)) == 2


def test_a_page_ends_where_the_list_ends(store: Store) -> None:
    for number in range(4):
        service.add("alice", f"{number:08}", client=HERE)
    first = service.recent(limit=2)
    second = service.of("alice", limit=2, before=first.older)
    numbers = [entry.number for entry in [*first.entries, *second.entries]]
    assert numbers == ["00000003", "00000002", "00000001", "00000000"]
    assert second.older is None


@before_the_store
@pytest.mark.parametrize("cursor", ["x", "2026", "9999-99-99", "' OR 1=1", "2026-01-01T00:00:00.000000Z-" + "g" * 16])
def test_a_cursor_that_nobody_made_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(Invalid):
        service.recent(before=cursor)


def test_a_cursor_from_a_far_future_costs_no_more_than_another(store: Store) -> None:
    service.add("alice", "12345678", client=HERE)
    page = service.recent(before="9999-01-01T00:00:00.000000Z-" + "0" * 16)
    assert [entry.number for entry in page.entries] == ["12345678"]


@before_the_store
@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_limit_out_of_bounds_is_refused(store: Store, limit: int) -> None:
    with pytest.raises(Invalid):
        service.recent(limit)


def test_nobody_can_look_into_the_counters(store: Store) -> None:
    service.add("alice", "12345678", client=HERE)
    with pytest.raises(NotFound):
        service.of("#attempts 1")
    assert [entry.username for entry in store.recent(10)] == ["alice"]


def test_one_address_cannot_send_without_end(entries_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "PER_ADDRESS", 3)
    statuses = [send(entries_app, HERE) for _ in range(5)] + [send(entries_app, "192.0.2.2")]
    assert statuses == [201, 201, 201, 429, 429, 201]


def test_entries_of_all_addresses_together_are_limited(entries_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "TOGETHER", 3)
    assert [send(entries_app, f"192.0.2.{host}") for host in range(5)] == [201, 201, 201, 429, 429]


def send(app: Flask, address: str) -> int:
    entry = {"username": "alice", "number": "12345678"}
    return app.test_client().post("/api/v1/entries", json=entry, environ_base={"REMOTE_ADDR": address}).status_code
