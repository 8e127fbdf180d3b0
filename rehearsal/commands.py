"""Commands of `python -m rehearsal`: outside the namespaces, and inside them."""

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
from rehearsal.components.stacks import build_stack
from rehearsal.model.apply import BUILD, apply_composition
from rehearsal.model.state import State
from rehearsal.network.root_namespace import in_namespaces_of, in_new_namespaces
from rehearsal.report import pages
from rehearsal.scenarios.run import REPORTED, run_scenarios

PORT = int(os.environ.get("REHEARSAL_PORT", "8443"))
RUNNING = BUILD / "running"  # the files of the composition that `up` left behind


def run_command(options: Options) -> int:
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    COMMANDS[options.command](options)
    return 0


def up(options: Options) -> None:
    """Leave a composition behind, and a way into it on loopback."""
    if first_process():
        sys.exit("A composition is up already; make rehearse-down ends it.")
    state = options.state or apply_composition(options.composition)
    shutil.rmtree(RUNNING, ignore_errors=True)
    RUNNING.mkdir(parents=True)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", PORT)) as listener, (RUNNING / "log").open("w") as log:
        listener.set_inheritable(True)
        words = ["serve", "--state", str(state), "--listener", str(listener.fileno())]
        command = in_new_namespaces([sys.executable, "-m", "rehearsal", *words])
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, close_fds=False
        )
    (RUNNING / "pid").write_text(str(process.pid))
    while process.poll() is None and not (RUNNING / "hosts.json").exists():
        time.sleep(0.05)
    if process.poll() is not None:
        sys.exit((RUNNING / "log").read_text())
    print_ways_in(time.monotonic() - began)


def print_ways_in(seconds: float) -> None:
    site, name = facts()["site"], str(urlsplit(facts()["site"]).hostname)
    print(f"{site} is up, {seconds:.0f} seconds after the apply. From this machine:")
    authority = RUNNING / "ca.pem"
    if authority.exists():
        rule = f"--host-resolver-rules='MAP {name} 127.0.0.1:{PORT}'"
        print(f"  chromium {rule} {site}/   (its authority: {authority})")
        print(f"  curl --cacert {authority} --connect-to {name}:443:127.0.0.1:{PORT} {site}/")
    else:
        print(f"  http://127.0.0.1:{PORT}/")
    print(f"  make rehearse-shell HOST=...   ({', '.join(facts()['hosts'])})")


def serve(options: Options) -> None:
    """Inside: start the composition and stay."""
    stack = build_stack(State.parse(Path(options.state).read_text()), RUNNING)
    command = [sys.executable, in_host.FOLDER / "forwarder.py", options.listener, stack.site]
    forwarder = stack.network["world"].start(*command, log="forwarder", pass_fds=(int(options.listener),))
    hosts = {name: host.init for name, host in stack.network.hosts.items()}
    (RUNNING / "hosts.part").write_text(json.dumps({"site": stack.site, "hosts": hosts}))
    (RUNNING / "hosts.part").rename(RUNNING / "hosts.json")
    forwarder.wait()


def down(_options: Options) -> None:
    """End the first process, and with it everything else."""
    init = first_process()
    if not init:
        sys.exit("No composition is up.")
    namespaces = _namespaces(init)
    os.kill(init, signal.SIGKILL)
    while Path(f"/proc/{init}").exists():
        time.sleep(0.05)
    shutil.rmtree(RUNNING)
    if left := [entry.name for entry in Path("/proc").glob("[0-9]*") if namespaces & _namespaces(int(entry.name))]:
        sys.exit(f"still there: {left}")


def shell(options: Options) -> None:
    if not (init := first_process()):
        sys.exit("No composition is up: make rehearse")
    hosts = facts()["hosts"]
    matching = [name for name in hosts if options.host in (name, name.rpartition("-")[0])]
    if not matching:
        sys.exit(f"HOST is one of {', '.join(hosts)}")
    host = ["nsenter", "-t", str(hosts[matching[0]]), "-n", "-m", "-u", "-p"]
    command = in_namespaces_of(init, [*host, *(["sh", "-c", options.run] if options.run else ["bash", "--norc"])])
    os.execvpe(command[0], command, os.environ | {"PS1": rf"{matching[0]}:\w# "})


def first_process() -> int:
    """The first process of the composition that is up, or 0; a number alone might be another's by now."""
    with suppress(FileNotFoundError, ValueError, IndexError):
        holder = int((RUNNING / "pid").read_text())
        child = int(Path(f"/proc/{holder}/task/{holder}/children").read_text().split()[0])
        if b"rehearsal" in Path(f"/proc/{child}/cmdline").read_bytes():
            return child
    return 0


def facts() -> dict[str, Any]:
    """The address of the site, and the first process of each host."""
    found: dict[str, Any] = json.loads((RUNNING / "hosts.json").read_text())
    return found


def _namespaces(pid: int) -> set[str]:
    with suppress(OSError):
        return {str(Path(f"/proc/{pid}/ns/{kind}").readlink()) for kind in ("net", "mnt", "pid")}
    return set()


def run(options: Options) -> None:
    """Start a composition, run the scenarios in it, write down the results, and end it."""
    out = options.out or str(BUILD / options.composition / "results.json")
    if os.environ.get("REHEARSAL_INSIDE") != "1":
        state = options.state or str(apply_composition(options.composition))
        words = ["--state", state, "--scenarios", options.scenarios, "--out", out]
        again = in_new_namespaces([sys.executable, "-m", "rehearsal", "run", *words])
        if subprocess.run(again, check=False, env=os.environ | {"REHEARSAL_INSIDE": "1"}).returncode:
            sys.exit(1)
        return
    with tempfile.TemporaryDirectory(prefix="running-", dir=BUILD) as home:
        Path(home).chmod(0o755)
        state = State.parse(Path(options.state).read_text())
        results = run_scenarios(state, Path(home), options.scenarios.split(","))
    Path(out).write_text(json.dumps(results, indent=1))


def report(options: Options) -> None:
    """Run all scenarios of every composition, and write the pages about them."""
    if not options.keep:
        for composition, scenarios in REPORTED.items():
            options.composition, options.scenarios = composition, ",".join(["matrix", *scenarios])
            run(options)
    notes, *others = (json.loads((BUILD / name / "results.json").read_text()) for name in REPORTED)
    pages.write(notes, dict(zip(list(REPORTED)[1:], others, strict=True)))


COMMANDS = {"up": up, "serve": serve, "down": down, "shell": shell, "run": run, "report": report}
