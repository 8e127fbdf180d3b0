"""Claims: rows that say which content is arriving or being deleted, so that the two cannot meet.

A claim is committed under the lock of its owner before a store is touched, and dropped after. Nobody deletes what is
arriving, and nobody counts on what is being deleted. One whose process has died is dropped by the job of collecting.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, insert, select

from app import clock, db
from app.errors import Conflict
from app.files.models import file, file_claim
from app.files.rows import File, find_content, lock
from app.files.store import NotReached, Store, StoreUnavailable
from app.files.totals import check_room
from app.files.uses import set_unused
from app.ids import new_id
from app.per_app import PerApp

store: PerApp[Store] = PerApp("file_store")

SECONDS_FOR_DELETION = 3.0  # of the same content, which is waited for
# After which whoever has claimed has died: nobody sends a file for a day, and deleting takes seconds. But what S3 has
# not answered may still be carried out for as long as its signature holds, which is fifteen minutes.
DELETION, ARRIVAL = 30 * clock.MINUTE, clock.DAY


def claim_arrival(new: File, claim: int) -> File | None:
    """Claim a content that arrives; return the file that the owner has of it, if there is one, which is then used anew.

    While it is being deleted, this waits. Raises Conflict when that takes too long, and Invalid where it is too much.
    """
    until = time.monotonic() + SECONDS_FOR_DELETION
    while True:
        is_claimed, known = _try_to_claim(new, claim)
        if is_claimed:
            return known
        if time.monotonic() > until:
            raise Conflict("The same file is just being deleted; please try again in some minutes.")
        db.release()
        time.sleep(0.05)


@db.in_transaction
def _try_to_claim(new: File, claim: int) -> tuple[bool, File | None]:
    lock(new.owner_id)
    if _is_being_deleted(new.owner_id, new.sha256):
        return False, None
    known = find_content(new.owner_id, new.sha256)
    if known is None:
        check_room(new.owner_id, new.size)
    elif known.unused_at is not None:
        # It counts as added now: the thirty days begin again.
        set_unused(new.owner_id, [known.id], clock.now_us())
    _insert_claim(new.owner_id, new.sha256, claim, deletes=0)
    return True, known


def _is_being_deleted(owner: int, sha256: bytes) -> bool:
    claims = select(file_claim.c.id).where(
        file_claim.c.owner_id == owner,
        file_claim.c.sha256 == sha256,
        file_claim.c.deletes == 1,
        file_claim.c.claimed_at > clock.now_us() - DELETION,
    )
    return db.read(claims.limit(1)).first() is not None


def _insert_claim(owner: int, sha256: bytes, claim: int, deletes: int) -> None:
    values = {"owner_id": owner, "sha256": sha256, "id": claim, "deletes": deletes, "claimed_at": clock.now_us()}
    db.connection().execute(insert(file_claim), values)


@db.in_transaction
def drop_claim(owner: int, sha256: bytes, claim: int) -> None:
    db.connection().execute(
        delete(file_claim).where(
            file_claim.c.owner_id == owner, file_claim.c.sha256 == sha256, file_claim.c.id == claim
        )
    )


def delete_content(owner: int, contents: Sequence[bytes]) -> int:
    """Delete the bytes that no file has and that are not arriving; return of how many contents."""
    claims = _claim_deletion(owner, contents)
    number = len(claims)
    try:
        while claims:
            sha256 = next(iter(claims))
            db.release()  # before a store that may have to be waited for
            store.get().delete(owner, sha256)
            drop_claim(owner, sha256, claims.pop(sha256))
    except StoreUnavailable as error:
        if not isinstance(error, NotReached):
            del claims[sha256]  # stays for what may still be done
        for sha256, claim in claims.items():
            drop_claim(owner, sha256, claim)
        raise
    return number


@db.in_transaction
def _claim_deletion(owner: int, contents: Sequence[bytes]) -> dict[bytes, int]:
    lock(owner)
    wanted = set(contents)
    kept = db.read(select(file.c.sha256).where(file.c.owner_id == owner, file.c.sha256.in_(wanted))).scalars()
    claims = {sha256: new_id() for sha256 in wanted - set(kept) - _claimed(owner, wanted)}
    for sha256, claim in claims.items():
        _insert_claim(owner, sha256, claim, deletes=1)
    return claims


def _claimed(owner: int, contents: Collection[bytes]) -> set[bytes]:
    now = clock.now_us()
    claims = select(file_claim.c.sha256).where(
        file_claim.c.owner_id == owner,
        file_claim.c.sha256.in_(contents),
        file_claim.c.claimed_at > case((file_claim.c.deletes == 1, now - DELETION), else_=now - ARRIVAL),
    )
    return set(db.read(claims).scalars())
