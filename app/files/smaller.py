"""Smaller pictures, made when somebody first asks for one and kept beside their content.

What is kept begins with the SHA-256 of the rest, and nothing follows where the picture has to do as it is. Its key
follows from that of the content, so nobody needs a row to know what it belongs to.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

from app.files import shrink
from app.files.claims import store
from app.files.rows import File
from app.files.store import Missing, StoreUnavailable

TYPE = "image/webp"
WORTH = 100_000  # bytes; a smaller picture is sent as it is
SECONDS = 10
DIGEST = 32

_turn = threading.Lock()  # in each process one at a time: whoever comes meanwhile gets the picture as it is


def get(of: File) -> bytes | None:
    """Return a smaller one of a picture, or None where it has to do as it is. Raises Missing and StoreUnavailable."""
    if of.kind.group != "picture" or of.size < WORTH:
        return None
    kept = _kept(of)
    if kept is None and _turn.acquire(blocking=False):
        try:
            kept = _make(of)
            if kept is not None:
                with suppress(StoreUnavailable):  # it can be made again
                    _keep(of, kept)
        finally:
            _turn.release()
    return kept or None


def key(sha256: bytes) -> bytes:
    """Return the key of what is made of a content, or the content that something with this key is made of."""
    return bytes(255 - byte for byte in sha256)


def _kept(of: File) -> bytes | None:
    size = store.get().size(of.owner_id, key(of.sha256))
    if size is None or not DIGEST <= size <= DIGEST + shrink.LARGEST:
        return None
    with suppress(Missing), closing(store.get().open(of.owner_id, key(of.sha256), 0, size)) as stream:
        content = b"".join(stream)
        if hashlib.sha256(content[DIGEST:]).digest() == content[:DIGEST]:
            return content[DIGEST:]
    return None


def _keep(of: File, small: bytes) -> None:
    content = hashlib.sha256(small).digest() + small
    store.get().put(of.owner_id, key(of.sha256), io.BytesIO(content), hashlib.sha256(content).digest())


def _make(of: File) -> bytes | None:
    """Return the smaller picture, nothing where there is none: too large, moving, broken, or not smaller.

    None tells that the machine had no time for it: what takes long by itself ends at the limit of its processor time.
    """
    with store.get().temporary() as content, store.get().temporary() as small:
        with closing(store.get().open(of.owner_id, of.sha256, 0, of.size)) as stream:
            content.writelines(stream)
        content.seek(0)
        command = [sys.executable, "-I", str(Path(shrink.__file__))]
        try:
            subprocess.run(  # noqa: S603  # the command is ours
                command, stdin=content, stdout=small, stderr=subprocess.DEVNULL, env={}, timeout=SECONDS, check=True
            )
        except subprocess.TimeoutExpired:
            return None
        except subprocess.SubprocessError:
            return b""
        small.seek(0)
        made = small.read(shrink.LARGEST)
        return made if 0 < len(made) < of.size else b""
