"""What `python -m rehearsal` does: from outside the namespaces, and inside them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from argparse import Namespace as Options
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rehearsal import in_host
from rehearsal.components import stacks
from rehearsal.model.apply import BUILD, applied
from rehearsal.model.state import State
from rehearsal.network.root_namespace import entered, unshared
from rehearsal.report import pages
from rehearsal.scenarios import run as runs

PORT = int(os.environ.get("REHEARSAL_PORT", "8443"))
WORLD = BUILD / "world"


def run(options: Options) -> int:
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    COMMANDS[options.command](options)
    return 0


def up(options: Options) -> None:
    """Leave a world behind, and a way into it on loopback."""
    if running():
        sys.exit("A world is up already; make rehearse-down ends it.")
    state = options.state or applied(options.composition)
    shutil.rmtree(WORLD, ignore_errors=True)
    WORLD.mkdir(parents=True)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", PORT)) as listener, (WORLD / "log").open("w") as log:
        listener.set_inheritable(True)
        words = ["serve", "--state", str(state), "--listener", str(listener.fileno())]
        command = [sys.executable, "-m", "rehearsal", *words]
        process = subprocess.Popen(
            unshared(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=False
        )
    (WORLD / "pid").write_text(str(process.pid))
    while process.poll() is None and not (WORLD / "hosts.json").exists():
        time.sleep(0.05)
    if process.poll() is not None:
        sys.exit((WORLD / "log").read_text())
    site, name = facts()["site"], str(urlsplit(facts()["site"]).hostname)
    print(f"{site} is up, {time.monotonic() - began:.0f} seconds after the apply. From this machine:")
    if (WORLD / "ca.pem").exists():
        rule, trusted = f"--host-resolver-rules='MAP {name} 127.0.0.1:{PORT}'", f"--cacert {WORLD / 'ca.pem'}"
        print(f"  chromium {rule} {site}/   (its authority: {WORLD / 'ca.pem'})")
        print(f"  curl {trusted} --connect-to {name}:443:127.0.0.1:{PORT} {site}/")
    else:
        print(f"  http://127.0.0.1:{PORT}/")
    print(f"  make rehearse-shell HOST=...   ({', '.join(facts()['hosts'])})")


def serve(options: Options) -> None:
    """Inside: build the world and stay."""
    staged = stacks.built(State(Path(options.state).read_text()), WORLD)
    world = staged.network["world"]
    script = in_host.FOLDER / "forwarder.py"
    fd = int(options.listener)
    forwarder = world.start(sys.executable, script, fd, staged.site, log="forwarding", pass_fds=(fd,))
    hosts = {name: host.init for name, host in staged.network.hosts.items()}
    (WORLD / "hosts.part").write_text(json.dumps({"site": staged.site, "hosts": hosts}))
    (WORLD / "hosts.part").rename(WORLD / "hosts.json")
    forwarder.wait()


def down(_options: Options) -> None:
    """End the world's first process, and with it everything else."""
    init = running()
    if not init:
        sys.exit("No world is up.")
    spaces = _spaces(init)
    os.kill(init, signal.SIGKILL)
    while Path(f"/proc/{init}").exists():
        time.sleep(0.05)
    shutil.rmtree(WORLD)
    if left := [entry.name for entry in Path("/proc").glob("[0-9]*") if spaces & _spaces(int(entry.name))]:
        sys.exit(f"still there: {left}")


def shell(options: Options) -> None:
    if not (init := running()):
        sys.exit("No world is up: make rehearse")
    hosts = facts()["hosts"]
    matching = [name for name in hosts if options.host in (name, name.rpartition("-")[0])]
    if not matching:
        sys.exit(f"HOST is one of {', '.join(hosts)}")
    host = ["nsenter", "-t", str(hosts[matching[0]]), "-n", "-m", "-u", "-p"]
    command = entered(init, [*host, *(["sh", "-c", options.run] if options.run else ["bash", "--norc"])])
    os.execvpe(command[0], command, os.environ | {"PS1": rf"{matching[0]}:\w# "})


def running() -> int:
    """The first process of the world that is up, or 0; a number alone might be another's by now."""
    with suppress(FileNotFoundError, ValueError, IndexError):
        holder = int((WORLD / "pid").read_text())
        child = int(Path(f"/proc/{holder}/task/{holder}/children").read_text().split()[0])
        if b"rehearsal" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    return 0


def facts() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((WORLD / "hosts.json").read_text())
    return found


def _spaces(pid: int) -> set[str]:
    with suppress(OSError):
        return {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in ("net", "mnt", "pid")}
    return set()


def played(options: Options) -> None:
    """Build a world, do the parts in it, write down what happened, and end it."""
    out = options.out or str(BUILD / options.composition / "results.json")
    if os.environ.get("REHEARSAL_INSIDE") != "1":
        state = options.state or str(applied(options.composition))
        words = ["--state", state, "--parts", options.parts, "--out", out]
        again = unshared([sys.executable, "-m", "rehearsal", "play", *words])
        if subprocess.run(again, check=False, env=os.environ | {"REHEARSAL_INSIDE": "1"}).returncode:
            sys.exit(1)
        return
    with tempfile.TemporaryDirectory(prefix="world-", dir=BUILD) as home:
        Path(home).chmod(0o755)
        results = runs.parts(State(Path(options.state).read_text()), Path(home), options.parts.split(","))
    Path(out).write_text(json.dumps(results, indent=1))


def reported(options: Options) -> None:
    """Play everything in both worlds, and write down what was seen."""
    if not options.keep:
        for composition, parts in (("three-tier", [*runs.NOTES]), ("eight-digit", [*runs.ENTRIES])):
            options.composition, options.parts = composition, ",".join(["matrix", *parts])
            played(options)
    notes, entries = (json.loads((BUILD / name / "results.json").read_text()) for name in ("three-tier", "eight-digit"))
    pages.write(notes | {"dynamodb-throttled": entries["dynamodb-throttled"]})


COMMANDS = {"up": up, "serve": serve, "down": down, "shell": shell, "play": played, "report": reported}
