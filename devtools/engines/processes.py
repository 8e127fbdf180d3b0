"""Programs that start others of their own, all of which end together."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

SECONDS_TO_END = 10


@contextmanager
def started(
    command: Sequence[str], log: Path, keep_open: int | None = None, **environ: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in a session of its own; at the end, end every process that it left in there.

    `keep_open` is a file descriptor that it inherits. A browser's HOME is where it saves what it downloads.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=output,
            env=os.environ | environ,
            start_new_session=True,
            pass_fds=() if keep_open is None else (keep_open,),
        )
    try:
        yield process
    finally:
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, number)
            with suppress(subprocess.TimeoutExpired):
                process.wait(SECONDS_TO_END)
