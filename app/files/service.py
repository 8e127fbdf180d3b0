"""What can be done with files, without HTTP. Each function takes the owner first and finds only that owner's files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError

from app import clock, db
from app.errors import Conflict
from app.files import links, names, smaller
from app.files.claims import claim_arrival, delete_content, drop_claim, store
from app.files.links import address, find
from app.files.models import file, file_creation, file_total, file_use
from app.files.receiving import Readable, Received, receive
from app.files.refusals import KeyUsed, counted
from app.files.rows import LARGEST_LIST, File, each, find_content, get, lock, of_note, to_file, to_row
from app.files.store import StoreUnavailable, Stream, Withheld
from app.files.totals import Usage, check_room, check_size, count, largest, limit, refuse_where_none_are_kept, usage
from app.files.uses import mention
from app.idempotency import check_key
from app.ids import LARGEST_ID, new_id
from app.ops import metrics, request_log

__all__ = [
    "LARGEST_LIST",
    "File",
    "InUse",
    "KeyUsed",
    "Page",
    "Usage",
    "Withheld",
    "add",
    "address",
    "check_size",
    "each",
    "find",
    "get",
    "in_text",
    "largest",
    "mention",
    "newest",
    "of_note",
    "open_content",
    "remove",
    "remove_unused",
    "usage",
]

ATTEMPTS = 8  # to find an id
PAGE = 50


class InUse(Conflict):
    message = "A note mentions this file, or did so in an earlier version: it goes with that note."


# --- Adding ----------------------------------------------------------------------------------------------------------


@counted()
def add(
    owner: int,
    stream: Readable,
    name: str,
    key: str | None = None,
    length: int | None = None,
    *,
    id_: int | None = None,
) -> File:
    """Store what `stream` holds and return its file; content that the owner has already is there once.

    It gets the id `id_`, which it had elsewhere, unless another file has that.

    Raises Invalid for what cannot be a file, for a `key` that came with other content, for an account that is full, and
    where the site keeps none; TooLarge; Malformed for a stream that has not the `length` it should; Unavailable.
    """
    refuse_where_none_are_kept()
    if key is not None:
        check_key(key)
    db.release()  # sending takes as long as the sender's line does
    with receive(stream, length) as received:
        request_log.count_anew()
        new = _new_file(owner, received, name, id_ or new_id())
        digest = hashlib.sha256(received.sha256 + name.encode(errors="replace")).digest()
        if key is not None and (sent_before := _find_by_key(owner, key, digest)):
            return sent_before
        stored = _store(new, received, key, digest)
        metrics.FILES_RECEIVED.inc()
        metrics.FILE_BYTES.inc(received.size)
        return stored


def _new_file(owner: int, received: Received, name: str, id_: int) -> File:
    kind = received.kind
    now = clock.now_us()
    cleaned = names.with_extension(names.clean(name), kind.extensions)
    return File(owner, id_, received.sha256, received.size, kind.type, cleaned, now, now)


def _store(new: File, received: Received, key: str | None, digest: bytes) -> File:
    claim = new_id()
    known = claim_arrival(new, claim)
    db.release()  # a store is waited for longer than the database's connections can be missed
    try:
        if known is None or store.get().size(known.owner_id, known.sha256) != known.size:
            store.get().put(new.owner_id, new.sha256, received.content)
            request_log.count_anew()
        return _keep(new, claim, key, digest)
    except BaseException as error:
        _give_up(new, claim, answers=not isinstance(error, StoreUnavailable))
        raise


def _give_up(new: File, claim: int, *, answers: bool) -> None:
    """Leave nothing of a content that did not become a file; what cannot be removed now, the job will.

    That is left to it where the store does not answer: a deletion of which nobody knows whether it was done would keep
    the same file away for minutes, when it is sent again.
    """
    with suppress(Exception):
        drop_claim(new.owner_id, new.sha256, claim)
        if answers:
            delete_content(new.owner_id, [new.sha256])


def _keep(new: File, claim: int, key: str | None, digest: bytes) -> File:
    for _ in range(ATTEMPTS):
        try:
            return _commit(new, claim, key, digest)
        except IntegrityError:
            if key is not None and (sent_before := _find_by_key(new.owner_id, key, digest)):
                drop_claim(new.owner_id, new.sha256, claim)
                return sent_before
            new = replace(new, id=new_id())
    raise Conflict("The file could not be stored; please try again.")


@db.in_transaction
def _commit(new: File, claim: int, key: str | None, digest: bytes) -> File:
    """Make a file of content that is durable. Raises IntegrityError when its id or its key is taken."""
    lock(new.owner_id)
    kept = find_content(new.owner_id, new.sha256)
    if kept is None:
        check_room(new.owner_id, new.size)
        db.connection().execute(insert(file), to_row(new))
        count(new.owner_id, 1, new.size)
        kept = new
    if key is not None:
        values = {"owner_id": kept.owner_id, "key": key, "file_id": kept.id, "digest": digest}
        db.connection().execute(insert(file_creation), values)
    drop_claim(new.owner_id, new.sha256, claim)
    return kept


# --- Deleting --------------------------------------------------------------------------------------------------------


def remove(owner: int, file_id: int) -> None:
    """Delete a file that no note mentions. Raises NotFound and InUse."""
    contents = _remove_rows(owner, [get(owner, file_id)], refuse=True)
    with suppress(StoreUnavailable):  # there is no such file any more, and the job will delete what it was
        _delete(owner, contents)


def remove_unused(owner: int, files: Sequence[File]) -> int:
    """Delete those of the files that no note mentions by now; return how many went."""
    gone = _remove_rows(owner, files, refuse=False)
    _delete(owner, gone)
    return len(gone)


def _delete(owner: int, contents: Sequence[bytes]) -> None:
    delete_content(owner, contents)
    db.release()
    for sha256 in contents:
        store.get().delete(owner, smaller.key(sha256))


@db.in_transaction
def _remove_rows(owner: int, files: Sequence[File], *, refuse: bool) -> list[bytes]:
    """Delete the rows of files that no note mentions, and return their contents, which are to be deleted next."""
    lock(owner)
    ids = [one.id for one in files]
    used = set(
        db.read(select(file_use.c.file_id).where(file_use.c.owner_id == owner, file_use.c.file_id.in_(ids))).scalars()
    )
    if used and refuse:
        raise InUse
    unused = select(file.c.id, file.c.sha256, file.c.bytes).where(
        file.c.owner_id == owner, file.c.id.in_(set(ids) - used)
    )
    found = db.read(unused).all()
    going = [row.id for row in found]
    db.connection().execute(delete(file).where(file.c.owner_id == owner, file.c.id.in_(going)))
    db.connection().execute(
        delete(file_creation).where(file_creation.c.owner_id == owner, file_creation.c.file_id.in_(going))
    )
    count(owner, -len(found), -sum(row.bytes for row in found))
    return [row.sha256 for row in found]


# --- Reading ---------------------------------------------------------------------------------------------------------


def in_text(of: File) -> str:
    """Return what stands in a text for a file."""
    return links.markdown(of.id, of.name, of.size, is_shown=of.is_shown)


@dataclass(frozen=True, slots=True)
class Page:
    """Some files of an owner, newest first, and how much all are; `older` is where the next page begins."""

    usage: Usage
    files: list[File]
    older: int | None


def newest(owner: int, before: int | None = None) -> Page:
    """Return the files that came before a number, by one statement."""
    rows = db.read(_NEWEST, owner=owner, before=before if before is not None else LARGEST_ID + 1).all()
    counted = Usage(rows[0].total_files, rows[0].total_bytes, limit()) if rows else Usage(0, 0, limit())
    found = [to_file(row) for row in rows if row.id is not None]
    return Page(counted, found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None)


_NEWEST = (
    select(file_total.c.files.label("total_files"), file_total.c.bytes.label("total_bytes"), file)
    .select_from(
        file_total.outerjoin(file, (file.c.owner_id == bindparam("owner")) & (file.c.id < bindparam("before")))
    )
    .where(file_total.c.owner_id == bindparam("owner"))
    .order_by(file.c.id.desc())
    .limit(PAGE + 1)
)


def open_content(of: File, start: int, end: int) -> Stream:
    """Return the bytes of a file from `start` to before `end`. Raises Missing, Withheld and Unavailable."""
    return store.get().open(of.owner_id, of.sha256, start, end)


def _find_by_key(owner: int, key: str, digest: bytes) -> File | None:
    """Return the file that was sent with this key, None where there is none (any more). Raises KeyUsed."""
    creation = select(file_creation.c.file_id, file_creation.c.digest)
    row = db.read(creation.where(file_creation.c.owner_id == owner, file_creation.c.key == key)).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise KeyUsed
    return get(owner, row.file_id)
