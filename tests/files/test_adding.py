"""Files arrive: once for each content of an owner, within limits, and with bytes before rows."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from threading import Barrier, get_ident
from typing import Any

import pytest
from flask import Flask, g
from sqlalchemy import select

from app import db
from app.db.metadata import sqlalchemy
from app.db.write_slots import SECONDS_FOR_REQUEST, seconds_left
from app.errors import Invalid, Malformed, NotFound, TooLarge, Unavailable
from app.files import claims, service
from app.files.folder import FolderStore
from app.files.models import file_claim
from app.files.store import Store, StoreUnavailable
from config import ConfigError, from_environment
from files.conftest import PNG, add

MEGABYTE = 1024 * 1024


def test_what_was_added_is_found_with_its_bytes(owner: int, store: Store) -> None:
    added = add(owner)
    found = service.get(owner, added.id)
    assert found == added
    assert (found.name, found.type, found.size) == ("cat.png", "image/png", len(PNG))
    with closing(service.open_content(found, 0, found.size)) as stream:
        assert b"".join(stream) == PNG
    assert store.size(owner, hashlib.sha256(PNG).digest()) == len(PNG)


def test_somebody_elses_file_is_a_missing_one(owner: int, stranger: int) -> None:
    added = add(owner)
    with pytest.raises(NotFound):
        service.get(stranger, added.id)


def test_the_same_content_is_there_once_for_each_owner(owner: int, stranger: int, store: Store) -> None:
    assert add(owner, name="other name.png").id == add(owner).id
    assert add(stranger).id != add(owner).id
    assert service.usage(owner).files == 1
    assert len(list(store.list())) == 2


def test_a_key_that_is_sent_again_makes_nothing_more_and_takes_no_other_content(owner: int) -> None:
    first = add(owner, key="a key")
    assert add(owner, key="a key") == first
    with pytest.raises(Invalid) as refusal:
        add(owner, PNG + b"other", key="a key")
    assert "key" in refusal.value.fields
    assert service.usage(owner).files == 1


def test_a_file_that_is_empty_or_too_large_is_refused(make_app: Callable[..., Flask], owner: int) -> None:
    with make_app(FILE_MEGABYTES="1").app_context():
        with pytest.raises(TooLarge, match=r"1\.0 MiB"):
            add(owner, b"x" * (MEGABYTE + 1))
        with pytest.raises(Invalid, match="empty"):
            add(owner, b"")
        assert add(owner, b"x" * MEGABYTE).size == MEGABYTE


def test_an_account_that_is_full_takes_no_more_and_keeps_no_bytes(make_app: Callable[..., Flask], owner: int) -> None:
    app = make_app(FILE_MEGABYTES="2", ACCOUNT_MEGABYTES="1")
    with app.app_context():
        add(owner, b"a" * (MEGABYTE // 2))
        with pytest.raises(Invalid, match="512 KiB are left"):
            add(owner, b"b" * MEGABYTE)
        with pytest.raises(Invalid):
            service.check_size(owner, MEGABYTE)
        assert service.usage(owner).size == MEGABYTE // 2
        assert len(list(claims.store.get().list(owner))) == 1


def test_the_limit_of_an_account_holds_for_files_that_are_sent_at_once(
    make_app: Callable[..., Flask], owner: int
) -> None:
    app = make_app(FILE_MEGABYTES="1", ACCOUNT_MEGABYTES="1")

    def send(number: int) -> bool:
        with app.app_context():
            try:
                service.add(owner, io.BytesIO(bytes([number]) * (MEGABYTE // 4)), f"{number}.bin")
            except Invalid:
                return False
            return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(send, range(8))) == 4
    with app.app_context():
        assert service.usage(owner).size == MEGABYTE
        assert len(list(claims.store.get().list(owner))) == 4


def test_the_same_content_sent_at_once_is_one_file(app: Flask, owner: int) -> None:
    def send(number: int) -> int:
        with app.app_context():
            return service.add(owner, io.BytesIO(PNG), f"{number}.png").id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(send, range(12)))) == 1
    assert service.usage(owner) == service.Usage(1, len(PNG), 1024 * MEGABYTE)


@pytest.mark.parametrize("is_known", [True, False])
def test_a_key_that_is_sent_several_times_at_once_finds_one_file(
    app: Flask, owner: int, is_known: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_known:
        add(owner)
    barrier, commit = Barrier(4), service._commit
    first = set()

    def commit_together(*given: Any) -> Any:
        if get_ident() not in first:
            first.add(get_ident())
            barrier.wait(20)
        return commit(*given)

    def send(_: int) -> int:
        with app.app_context():
            return service.add(owner, io.BytesIO(PNG), "cat.png", "a key").id

    monkeypatch.setattr(service, "_commit", commit_together)
    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(send, range(4)))) == 1
    assert db.read(select(file_claim)).all() == []


def test_content_that_is_sent_again_is_not_deleted_meanwhile(
    app: Flask, owner: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, size = add(owner), FolderStore.size

    def delete_meanwhile(self: FolderStore, *given: Any) -> int | None:
        found = size(self, *given)
        with app.app_context():
            service.remove(owner, known.id)
        return found

    monkeypatch.setattr(FolderStore, "size", delete_meanwhile)
    again = add(owner)
    monkeypatch.undo()
    assert service.get(owner, again.id) == again
    assert store.size(owner, again.sha256) == len(PNG)


def test_nothing_is_left_of_a_file_that_could_not_be_stored(
    owner: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.files.folder._write", fail)
    with pytest.raises(Unavailable):
        add(owner)
    assert service.usage(owner).files == 0
    assert list(store.list()) == []
    assert db.read(select(file_claim)).all() == []


def test_a_content_that_got_lost_is_put_back_by_sending_it_again(owner: int, store: Store) -> None:
    added = add(owner)
    store.delete(owner, added.sha256)
    again = add(owner)
    assert again.id == added.id
    assert again == service.get(owner, added.id)  # the thirty days begin again
    assert store.size(owner, added.sha256) == len(PNG)


def test_files_are_readable_for_the_apps_user_only(owner: int, store: Store) -> None:
    add(owner)
    assert isinstance(store, FolderStore)
    modes = {path.stat().st_mode & 0o777 for path in store.folder.rglob("*")}
    assert modes == {0o700, 0o600}


def test_an_accounts_total_is_its_own(owner: int, stranger: int) -> None:
    add(owner)
    assert service.usage(stranger).size == 0


@pytest.mark.parametrize("length", [len(PNG) - 1, len(PNG) + 1])
def test_a_body_of_another_length_than_it_says_is_refused(owner: int, store: Store, length: int) -> None:
    with pytest.raises(Malformed):
        service.add(owner, io.BytesIO(PNG), "a.png", length=length)
    assert list(store.list()) == []


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"FILES_STORE": "s3"}, "needs FILES_BUCKET"),
        ({"FILES_STORE": "s3", "FILES_BUCKET": "No_Bucket"}, "needs FILES_BUCKET"),
        ({"FILES_PREFIX": "/files"}, "FILES_PREFIX is empty or ends with a slash"),
        ({"FILES_FOLDER": "/no/where/files"}, "there is no folder in which it could be made"),
        ({"FILES_STORE": "ftp"}, "FILES_STORE must be one of"),
        ({"FILE_MEGABYTES": "0"}, "FILE_MEGABYTES must be a whole number"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        from_environment({"APP_ENV": "testing"} | environ)


def test_what_a_store_did_not_take_can_be_sent_again_at_once(owner: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as trouble:
        for method in ("put", "delete"):
            trouble.setattr(FolderStore, method, fail)
        with pytest.raises(StoreUnavailable):
            add(owner)
    assert service.get(owner, add(owner).id).size == len(PNG)


def test_who_waits_for_the_store_holds_no_connection_to_the_database(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[tuple[str, int]] = []

    def watch(method: str) -> Callable[..., object]:
        ask = getattr(FolderStore, method)

        def asked(*given: object) -> object:
            held.append((method, sqlalchemy.engine.pool.checkedout()))  # type: ignore[attr-defined]  # both pools count
            return ask(*given)

        return asked

    for method in ("put", "size", "delete"):
        monkeypatch.setattr(FolderStore, method, watch(method))
    added = add(owner)
    add(owner)
    service.remove(owner, added.id)
    assert held == [("put", 0), ("size", 0), ("delete", 0), ("delete", 0)]


def test_what_a_sender_and_a_store_take_is_not_taken_from_the_databases_time(
    owner: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = []

    g.began = time.perf_counter() - 60  # since when it was sent
    put = FolderStore.put

    def put_slowly(*given: Any) -> None:
        left.append(seconds_left())
        put(*given)
        g.counted_from = time.perf_counter() - 60

    monkeypatch.setattr(FolderStore, "put", put_slowly)
    add(owner)
    assert [*left, seconds_left()] == pytest.approx([SECONDS_FOR_REQUEST] * 2, abs=2)
