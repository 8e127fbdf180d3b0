"""The commands: python -m rehearsal up|down|shell|play|report; `make help` says what they are for."""

from __future__ import annotations

import argparse
import sys

from rehearsal import commands

parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
parser.add_argument("command", choices=["up", "down", "shell", "play", "report", "serve"])
parser.add_argument("--composition", default="three-tier")
parser.add_argument("--state", help="a state to use instead of the applied one")
parser.add_argument("--parts", default="matrix", help="what to play: matrix,story,faults")
parser.add_argument("--out", help="where the results go")
parser.add_argument("--host", help="where to open a shell")
sys.exit(commands.run(parser.parse_args()))
