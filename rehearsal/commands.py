"""What `python -m rehearsal` does: from outside the namespaces, and inside them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from argparse import Namespace as Options
from pathlib import Path

from rehearsal import play
from rehearsal.applied import BUILD, applied
from rehearsal.outer import unshared
from rehearsal.state import State


def run(options: Options) -> int:
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    found: int = globals()[f"_{options.command}"](options)
    return found


def _play(options: Options) -> int:
    """Build a world, do the parts in it, write down what happened, and end it."""
    if os.environ.get("REHEARSAL_INSIDE") != "1":
        return subprocess.run(_again(options), check=False, env=os.environ | {"REHEARSAL_INSIDE": "1"}).returncode
    with tempfile.TemporaryDirectory(prefix="world-", dir=BUILD) as home:
        Path(home).chmod(0o755)
        results = play.parts(State(Path(options.state).read_text()), Path(home), options.parts.split(","))
    Path(options.out).write_text(json.dumps(results, indent=1))
    return 0


def _again(options: Options) -> list[str]:
    state = options.state or str(applied(options.composition))
    out = options.out or str(BUILD / options.composition / "results.json")
    words = ["--composition", options.composition, "--state", state, "--parts", options.parts, "--out", out]
    return unshared([sys.executable, "-m", "rehearsal", options.command, *words])
