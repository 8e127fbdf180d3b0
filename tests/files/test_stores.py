"""What every store of content must do; each test runs on a folder and on S3."""

from __future__ import annotations

import base64
import hashlib
import io
import uuid
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from botocore.config import Config

from app import clock
from app.files.folder import FolderStore
from app.files.s3 import S3Store
from app.files.store import CHUNK, Missing, Store, StoreUnavailable
from devtools import s3
from devtools.dynamodb import CREDENTIALS, silence
from devtools.processes import free_port
from files.conftest import STORES


@pytest.fixture
def on_s3(emulated_s3: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": emulated_s3}).items():
        monkeypatch.setenv(name, value)
    bucket = f"files-{uuid.uuid4().hex}"
    s3.create_bucket(emulated_s3, bucket)
    return S3Store(bucket, "some/prefix/", s3.REGION)


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "s3":
        found: Store = request.getfixturevalue("on_s3")
        return found
    return FolderStore(tmp_path / "files")


def put(store: Store, owner: int, content: bytes) -> bytes:
    sha256 = hashlib.sha256(content).digest()
    store.put(owner, sha256, io.BytesIO(content))
    return sha256


def read(store: Store, owner: int, sha256: bytes, start: int, end: int) -> bytes:
    with closing(store.open(owner, sha256, start, end)) as stream:
        return b"".join(stream)


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert list(store.list()) == []
    assert store.size(1, bytes(32)) is None
    with pytest.raises(Missing):
        store.open(1, bytes(32), 0, 1)


def test_what_was_put_is_read_as_a_whole_and_in_parts(store: Store) -> None:
    content = bytes(range(256)) * 4096
    sha256 = put(store, 1, content)
    assert store.size(1, sha256) == len(content)
    assert read(store, 1, sha256, 0, len(content)) == content
    assert read(store, 1, sha256, 5, 10) == content[5:10]
    assert read(store, 1, sha256, len(content) - 1, len(content)) == content[-1:]


def test_a_content_comes_in_chunks_of_a_bounded_size(store: Store) -> None:
    sha256 = put(store, 1, bytes(3 * CHUNK + 1))
    with closing(store.open(1, sha256, 0, 3 * CHUNK + 1)) as stream:
        sizes = [len(chunk) for chunk in stream]
    assert max(sizes) <= CHUNK
    assert sum(sizes) == 3 * CHUNK + 1


def test_a_content_may_have_another_key_than_its_digest(store: Store) -> None:
    key, content = bytes(32), b"made of another"
    store.put(1, key, io.BytesIO(content), hashlib.sha256(content).digest())
    with closing(store.open(1, key, 0, 100)) as stream:
        assert b"".join(stream) == content


def test_owners_have_their_contents_apart(store: Store) -> None:
    sha256 = put(store, 1, b"same")
    assert store.size(2, sha256) is None
    put(store, 2, b"same")
    store.delete(1, sha256)
    assert read(store, 2, sha256, 0, 4) == b"same"


def test_putting_and_deleting_twice_does_no_harm(store: Store) -> None:
    sha256 = put(store, 1, b"content")
    assert put(store, 1, b"content") == sha256
    for _ in range(2):
        store.delete(1, sha256)
    assert store.size(1, sha256) is None


def test_a_list_has_what_there_is_owner_by_owner(store: Store) -> None:
    before = clock.now_us() - clock.MINUTE
    expected = {(owner, put(store, owner, content), 3) for owner in (1, 2, 10) for content in (b"abc", b"def")}
    found = list(store.list())
    assert {(one.owner, one.sha256, one.size) for one in found} == expected
    assert all(before < one.stored_at < clock.now_us() + clock.MINUTE for one in found)
    owners = [one.owner for one in found]
    assert sum(owner != following for owner, following in pairwise(owners)) == 2
    assert {one.owner for one in store.list(1)} == {1}


def test_what_arrives_is_kept_in_a_file_that_goes_when_it_is_closed(store: Store) -> None:
    with store.temporary() as arriving:
        arriving.write(b"something")
        assert list(store.list()) == []


def test_what_was_begun_and_never_finished_goes_after_its_time(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "files")
    put(store, 1, b"finished")
    left = tmp_path / "files" / "arriving" / "left"
    left.write_bytes(b"half")
    store.tidy(clock.now_us() - clock.DAY)
    assert left.exists()
    store.tidy(clock.now_us() + clock.DAY)
    assert not left.exists()
    assert len(list(store.list())) == 1


@pytest.mark.server
def test_s3_is_told_what_is_to_arrive(on_s3: S3Store) -> None:
    sent: list[bytes] = []
    on_s3.client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(request.headers["x-amz-checksum-sha256"])
    )
    sha256 = put(on_s3, 1, b"content")
    assert sent == [base64.b64encode(sha256)]


@pytest.mark.server
def test_an_s3_that_does_not_answer_is_no_fault_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    with silence() as address:
        for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": address}).items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr("app.files.s3.PATIENCE", Config(read_timeout=0.2, retries={"total_max_attempts": 1}))
        store = S3Store("files", "", s3.REGION)
        with pytest.raises(StoreUnavailable):
            store.size(1, bytes(32))


def test_a_deletion_is_sent_to_s3_once_since_it_may_arrive_after_another_put(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (CREDENTIALS | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}).items():
        monkeypatch.setenv(name, value)
    store, sent = S3Store("files", "", s3.REGION), []
    for client in (store.client, store.deleting):
        client.meta.events.register("before-send.s3", lambda request, **_: sent.append(request.method))
    for ask in (store.delete, store.size):
        with pytest.raises(StoreUnavailable):
            ask(1, bytes(32))
    assert sent == ["DELETE", "HEAD", "HEAD"]


def test_a_folder_that_cannot_be_written_is_no_fault_of_ours(tmp_path: Path) -> None:
    (tmp_path / "files").write_text("in the way")
    with pytest.raises(StoreUnavailable):
        put(FolderStore(tmp_path / "files"), 1, b"content")
