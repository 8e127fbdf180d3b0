"""A file lives for as long as a note, an earlier version or the trash mentions it, and thirty days more."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import delete, select

from app import db
from app.accounts import deletion
from app.accounts.sessions import Account
from app.errors import NotFound
from app.files import checking, claims, collecting, links, rows, service, totals
from app.files.models import file, file_claim, file_use
from app.files.service import File, InUse
from app.files.store import Store, StoreUnavailable
from app.jobs import worker
from app.notes import service as notes
from app.notes.drafts import Draft
from files.conftest import PNG, add

Later = Callable[..., None]


def write(owner: int, *files: File) -> notes.Note:
    body = " ".join(links.markdown(one.id, one.name, one.size, is_shown=True) for one in files)
    return notes.create(owner, Draft("Note", body), notes.new_key())


def is_there(of: File, store: Store) -> bool:
    try:
        found = service.get(of.owner_id, of.id)
    except NotFound:
        assert store.size(of.owner_id, of.sha256) is None
        return False
    assert store.size(of.owner_id, found.sha256) == found.size
    return True


def test_what_nobody_mentions_goes_after_thirty_days(owner: int, store: Store, later: Later) -> None:
    added = add(owner)
    later(days=29)
    assert collecting.collect().files == 0
    later(days=2)
    assert collecting.collect().files == 1
    assert not is_there(added, store)
    assert service.usage(owner).size == 0


def test_a_note_and_its_trash_keep_a_file_until_thirty_days_after_they_are_gone(
    owner: int, store: Store, later: Later
) -> None:
    added = add(owner)
    note = write(owner, added)
    later(days=100)
    collecting.collect()
    notes.move(owner, note.id, "trash")
    later(days=20)
    collecting.collect()
    assert is_there(added, store)
    notes.empty_trash(owner)
    collecting.collect()
    later(days=29)
    collecting.collect()
    assert is_there(added, store)
    later(days=2)
    collecting.collect()
    assert not is_there(added, store)


def test_an_earlier_version_keeps_its_files_and_brings_them_back(owner: int, store: Store, later: Later) -> None:
    added = add(owner)
    note = write(owner, added)
    notes.save(owner, note.id, note.version, replace(note.draft, body="without"))
    later(days=100)
    collecting.collect()
    assert is_there(added, store)
    assert service.of_note(owner, note.id) == [service.get(owner, added.id)]
    restored = notes.restore(owner, note.id, note.version)
    assert links.find(restored.draft.body) == {added.id}


def test_a_text_mentions_only_files_of_its_owner_that_there_are(owner: int, stranger: int) -> None:
    foreign = add(stranger)
    write(owner, foreign, replace(foreign, id=12345))
    assert db.read(select(file_use)).all() == []
    assert service.of_note(owner, 1) == []


def test_a_file_that_is_mentioned_again_begins_anew(owner: int, store: Store, later: Later) -> None:
    added = add(owner)
    later(days=29)
    write(owner, added)
    later(days=29)
    collecting.collect()
    assert is_there(added, store)


def test_sending_a_content_again_begins_its_thirty_days_anew(owner: int, store: Store, later: Later) -> None:
    added = add(owner)
    later(days=29)
    assert add(owner).id == added.id
    later(days=29)
    collecting.collect()
    assert is_there(added, store)


def test_a_file_that_a_note_mentions_is_not_deleted_by_hand(owner: int, store: Store) -> None:
    added = add(owner)
    note = write(owner, added)
    with pytest.raises(InUse):
        service.remove(owner, added.id)
    notes.move(owner, note.id, "trash")
    notes.empty_trash(owner)
    service.remove(owner, added.id)
    assert not is_there(added, store)
    with pytest.raises(NotFound):
        service.remove(owner, added.id)


def test_bytes_without_a_row_go_after_a_day(owner: int, store: Store, later: Later) -> None:
    added = add(owner)
    with db.transaction() as connection:
        connection.execute(delete(file).where(file.c.owner_id == owner))
    assert collecting.collect().orphans == 0
    later(days=2)
    assert collecting.collect().orphans == 1
    assert store.size(owner, added.sha256) is None


def test_a_file_is_deleted_although_its_store_does_not_answer(
    owner: int, store: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = add(owner)

    def fail(*_: object) -> None:
        raise StoreUnavailable

    with monkeypatch.context() as without_store:
        without_store.setattr(type(store), "delete", fail)
        service.remove(owner, added.id)
    with pytest.raises(NotFound):
        service.get(owner, added.id)
    later(days=2)
    assert collecting.collect().orphans == 1
    assert store.size(owner, added.sha256) is None


def test_what_is_arriving_is_not_deleted_and_what_died_on_its_way_is(
    owner: int, store: Store, later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(service, "_keep", die)
    monkeypatch.setattr(service, "_give_up", lambda *_, **__: None)
    with pytest.raises(Killed):
        add(owner)
    [content] = store.list()
    assert claims.delete_content(owner, [content.sha256]) == 0
    later(days=2)
    assert collecting.collect().orphans == 1
    assert db.read(select(file_claim)).all() == []


def test_whoever_sends_what_is_being_deleted_waits_for_it(
    app: Flask, owner: int, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the row's end and that of the bytes the same content arrives: it must not be deleted with them."""
    added = add(owner)
    delete_bytes = type(store).delete

    def delete_meanwhile(of: Store, whose: int, sha256: bytes) -> None:
        def send() -> File:
            with app.app_context():
                return add(owner)

        sending = pool.submit(send)
        assert not sending.done()
        delete_bytes(of, whose, sha256)
        sent.append(sending)

    with ThreadPoolExecutor(1) as pool:
        sent: list[Future[File]] = []
        monkeypatch.setattr(type(store), "delete", delete_meanwhile)
        service.remove(owner, added.id)
        again = sent[0].result()
    assert again.id != added.id
    assert store.size(owner, added.sha256) == len(PNG)


def test_arriving_and_deleting_at_once_never_leaves_a_row_without_bytes(app: Flask, owner: int, store: Store) -> None:
    def act(number: int) -> None:
        with app.app_context():
            added = add(owner)
            if number % 2:
                with suppress(NotFound):
                    service.remove(owner, added.id)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(60)))
    for content in store.list():
        assert rows.find_content(owner, content.sha256)
    assert checking.check(repair=False) == checking.Report(files=service.usage(owner).files)


def test_mentioning_and_collecting_at_once_never_loses_a_file_that_a_note_mentions(
    app: Flask, owner: int, store: Store, later: Later
) -> None:
    added = [add(owner, PNG + bytes([number])) for number in range(20)]
    later(days=31)

    def mention(one: File) -> bool:
        with app.app_context():
            note = write(owner, one)
            return bool(service.of_note(owner, note.id))

    def collect(_: int) -> None:
        with app.app_context():
            collecting.collect()

    with ThreadPoolExecutor(4) as pool:
        collected = [pool.submit(collect, 0) for _ in range(2)]
        mentioned = list(pool.map(mention, added))
        for one in collected:
            one.result()
    assert [is_there(one, store) for one in added] == mentioned


def test_everything_of_a_deleted_account_goes(
    app: Flask, owner: int, cast: dict[str, Account], store: Store, later: Later
) -> None:
    write(owner, add(owner))
    kept = add(cast["bob"].id)
    deletion.ask(cast["alice"])
    later(days=8)
    worker.run_all()
    assert list(store.list(owner)) == []
    assert is_there(kept, store)


def test_checking_finds_what_is_missing_changed_and_nobodys(app: Flask, owner: int, store: Store, later: Later) -> None:
    missing, changed, whole = (add(owner, PNG + letter) for letter in (b"a", b"b", b"c"))
    store.delete(owner, missing.sha256)
    store.put(owner, changed.sha256, io.BytesIO(b"other"))
    store.put(owner, bytes(32), io.BytesIO(b"nobody's"))
    later(days=2)
    report = checking.check(repair=False)
    assert {(fault.what, fault.file.id) for fault in report.faults} == {
        ("missing", missing.id),
        ("changed", changed.id),
    }
    assert (report.files, report.orphans) == (3, 1)
    ran = app.test_cli_runner().invoke(args=["files", "check", "--repair"])
    assert ran.exit_code == 1
    assert "3 files read, 2 of them missing, changed or withheld; 1 contents without a file removed" in ran.output
    assert store.size(owner, bytes(32)) is None
    assert is_there(whole, store)


def test_a_total_that_is_wrong_is_put_right(app: Flask, owner: int) -> None:
    add(owner)
    with db.transaction():
        totals.count(owner, 3, 1000)
    ran = app.test_cli_runner().invoke(args=["files", "check", "--repair"])
    assert "1 totals put right" in ran.output
    assert service.usage(owner).size == len(PNG)


def test_the_command_clears_what_the_job_would(app: Flask, owner: int, later: Later) -> None:
    add(owner)
    later(days=31)
    ran = app.test_cli_runner().invoke(args=["files", "clear"])
    assert ran.output == "1 files and 0 contents without a file are gone for good.\n"
