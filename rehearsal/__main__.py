"""The commands: python -m rehearsal up|down|shell|run|report; `make help` says what they are for."""

from __future__ import annotations

import argparse
import sys

from rehearsal import commands

parser = argparse.ArgumentParser(prog="rehearsal", description=__doc__)
parser.add_argument("command", choices=commands.COMMANDS)
parser.add_argument("--composition", default="three-tier")
parser.add_argument("--state", help="a state to use instead of the applied one")
parser.add_argument("--scenarios", default="matrix", help="what to run, by commas: matrix, walkthrough, or a fault")
parser.add_argument("--out", help="where the results go")
parser.add_argument("--host", help="where to open a shell")
parser.add_argument("--keep", action="store_true", help="report the last results instead of running again")
parser.add_argument("--listener", help="for serve: the socket outside")
parser.add_argument("--run", help="for shell: a command instead")
sys.exit(commands.run_command(parser.parse_args()))
