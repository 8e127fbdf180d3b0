"""Measures what one rendering takes, in a process of its own: what overflows a stack ends that and not the tests.

Run as a program it reads texts as JSON, one a line, and writes what each of them took.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pace import processor_seconds

ROOT = Path(__file__).parents[2]
LARGEST = 256 * 1024  # bytes
SECONDS = 0.5  # of processor time
MEGABYTES = 150  # above the idle worker


class Taken(NamedTuple):
    """Processor seconds as tests/pace.py counts them, megabytes above the idle process, whether it is shown as it was
    written, and the bytes of the HTML.
    """

    seconds: float
    megabytes: float
    is_plain: bool
    size: int


class Renderer:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "notes.measuring"],
            cwd=ROOT,
            env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.take("warm $x$ and\n```python\ncode\n```")

    def take(self, text: str) -> Taken:
        """Return what rendering `text` took. Raises AssertionError when it ended the process."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(text) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, f"the process ended with {self.process.wait(10)} at {text[:60]!r}"
        return Taken(*json.loads(answer))


@contextmanager
def renderer() -> Iterator[Renderer]:
    started = Renderer()
    try:
        yield started
    finally:
        assert started.process.stdin
        assert started.process.stdout
        started.process.stdin.close()
        started.process.stdout.close()
        if started.process.poll() is None:
            started.process.terminate()
        started.process.wait(10)


def filled(pieces: list[str], size: int = LARGEST) -> str:
    """Return the pieces again and again, up to `size` bytes."""
    piece = "".join(pieces)
    return (piece * (size // len(piece.encode()) + 1)).encode()[:size].decode(errors="ignore")


def _memory(name: str) -> float:
    """Return VmRSS (now) or VmHWM (the most so far) in megabytes; see proc_pid_status(5)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def main() -> None:
    from app.notes.markdown import render

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    idle = 0.0
    for line in sys.stdin:
        text = json.loads(line)
        Path("/proc/self/clear_refs").write_text("5")  # the most so far begins anew
        html = render(text)
        most = _memory("VmHWM")
        seconds = processor_seconds(partial(render, text), SECONDS)
        idle = idle or most
        sys.stdout.write(json.dumps([seconds, most - idle, '<pre class="plain"' in html, len(html.encode())]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
