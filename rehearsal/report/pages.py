"""Pages about a run: HTML that needs nothing besides itself, and Markdown with pictures beside it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from devtools.processes import ROOT
from rehearsal.report.availability import CLAIM, MONTH, available, month
from rehearsal.report.metrics import metrics
from rehearsal.scenarios import faults_of_s3
from rehearsal.scenarios.faults import FAULTS, NO_FAULT
from rehearsal.scenarios.matrix import PORTS

FOLDER = ROOT / "docs" / "rehearsal"


def write(results: dict[str, Any], others: dict[str, dict[str, Any]], folder: Path = FOLDER) -> None:
    """`others` are the results of further compositions, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in results["walkthrough"]["pictures"].items():
        (folder / f"{name}.png").write_bytes(b64decode(picture))
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=lambda name: bool(name and name.endswith(".html")),
    )  # fmt: skip
    found = facts(results) | {"others": [other(name, seen) for name, seen in others.items()], "proofs": PROOFS}
    found["metrics"] = metrics({"three-tier": results} | others)
    for kind in ("html", "md"):
        (folder / f"index.{kind}").write_text(templates.get_template(f"report.{kind}").render(found))


class Proof(NamedTuple):
    """A check, what it shows, and what only an account of AWS could show."""

    check: str
    shows: str
    left: str


PROOFS = [
    Proof(
        "Apply to an emulator behind AWS's own models (make test-infra)",
        "every request has a form, characters, sizes and classes that AWS takes; every plan is stable; a destroy leaves"
        " nothing behind; each role may do what runs with it and nothing else",
        "quotas of the account, capacity, how long a resource takes, what AWS checks and writes down nowhere",
    ),
    Proof(
        "Connections from every host to every other",
        "routes and security groups of the state, as packet rules of this machine's kernel: the ways of the table and"
        " no other",
        "AWS's own network: its name servers, its address translation under load",
    ),
    Proof(
        "Use by a browser, by a program and through the bastion",
        "nginx, certbot with an ACME server, HAProxy for the load balancer, Gunicorn, MariaDB and sshd with the"
        " settings of the state; credentials of each role, which may do what its policies say",
        "the real load balancer, Let's Encrypt, RDS; policies of resources (buckets, keys) are not evaluated",
    ),
    Proof(
        "Faults under load",
        "no acknowledged write is lost or stored twice; how long no request is answered until another host takes over",
        "how soon AWS detects a failure: the times it states are assumed, each in the table of a bad month;"
        " Ubuntu's image, snapd, the agents of CloudWatch and Session Manager",
    ),
    Proof(
        "Boots of nginx host, bastion and app instance (make test-image)",
        "each starts its own user data by cloud-init, under systemd: packages, although the first fetch fails, units,"
        " timers, the first certificate, restarts after a kill, a second boot; a wrong line has the host replaced",
        "Ubuntu's image and kernel, snapd, the agents, the app's own image: stand-ins, each named in tests/edge/booted",
    ),
]


def other(name: str, results: dict[str, Any]) -> dict[str, Any]:
    """What both pages say of a further composition."""
    opened = opened_ways(results)
    return {
        "name": name,
        "tried": results["matrix"]["tried"],
        "opened": opened,
        "roles": roles_of(opened),
        "faults": {
            fault: seen
            for fault, seen in results.items()
            if isinstance(seen, dict) and "lost" in seen and fault not in NO_FAULT
        },
        **_availability(month(name, results)),
    }


def opened_ways(results: dict[str, Any]) -> dict[tuple[str, str], list[str]]:
    return {(source, target): ports for source, target, *ports in results["matrix"]["open"]}


def roles_of(opened: dict[tuple[str, str], list[str]], *more: str) -> list[str]:
    return sorted({role for pair in opened for role in pair} | set(more), key=_order)


def facts(results: dict[str, Any]) -> dict[str, Any]:
    """What both pages say of three-tier."""
    opened = opened_ways(results)
    certificate = results["walkthrough"]["certificate"]
    return {
        **results,
        "faults": {name: results[name] for name in (*FAULTS, *faults_of_s3.FAULTS) if name in results},
        "opened": opened,
        "roles": roles_of(opened, "database"),
        "ports": PORTS,
        "zones": sorted({subnet["zone"] for subnet in results["topology"]["subnets"]}),
        "valid": {end: datetime.fromtimestamp(certificate[end], UTC).date() for end in ("validFrom", "validTo")},
        "container": json.dumps(results["topology"]["container"], indent=1),
        "transcript": _transcript(results["walkthrough"]),
        "results_seconds": round(results["seconds to be ready"]),
        **_availability(month("three-tier", results)),
        "claim": CLAIM,
        "allowed": round((1 - CLAIM) * MONTH),
    }


def _availability(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"month": rows, "available": available(rows)}


def _order(role: str) -> int:
    known = ["world", "admin", "nginx", "bastion", "balancer", "app", "database"]
    return known.index(role) if role in known else len(known)


def _transcript(walkthrough: dict[str, Any]) -> str:
    """What the operator and the bastion said, without the paths of the machine it ran on."""
    client, server = walkthrough["transcript"].splitlines(), walkthrough["sshd"].splitlines()
    client = [line for line in client if not line.startswith("debug1") or "Authenticated" in line]
    server = [line for line in server if re.match(r"Accepted key|Connection from|Disconnected", line)]
    lines = ["operator$ bastion/tunnel", *client, "", "bastion's log", *server[:4]]
    return re.sub(r"/\S+/(?=key|known_hosts|authorized)", "", "\n".join(lines))
