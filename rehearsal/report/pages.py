"""Pages about a run: HTML that needs nothing besides itself, and Markdown with pictures beside it."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from devtools.processes import ROOT
from rehearsal.report.availability import CLAIM, available, month
from rehearsal.scenarios.faults import FAULTS
from rehearsal.scenarios.matrix import PORTS

FOLDER = ROOT / "docs" / "rehearsal"


def write(results: dict[str, Any], folder: Path = FOLDER) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, picture in results["walkthrough"]["pictures"].items():
        (folder / f"{name}.png").write_bytes(b64decode(picture))
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=lambda name: bool(name and name.endswith(".html")),
    )  # fmt: skip
    found = facts(results)
    for kind in ("html", "md"):
        (folder / f"index.{kind}").write_text(templates.get_template(f"report.{kind}").render(found))


ELSEWHERE = {"dynamodb-throttled": "eight-digit"}


def facts(results: dict[str, Any]) -> dict[str, Any]:
    """What both pages say."""
    opened = {(source, target): ports for source, target, *ports in results["matrix"]["open"]}
    roles = sorted({role for pair in opened for role in pair} | {"database"}, key=_order)
    rows = month(results)
    certificate = results["walkthrough"]["certificate"]
    return {
        **results,
        "faults": {name: results[name] for name in FAULTS if name in results},
        # Of another composition, so it is not counted with these.
        "faults_elsewhere": {f"{name} ({of})": results[name] for name, of in ELSEWHERE.items() if name in results},
        "opened": opened,
        "roles": roles,
        "ports": PORTS,
        "zones": sorted({subnet["zone"] for subnet in results["topology"]["subnets"]}),
        "valid": {end: datetime.fromtimestamp(certificate[end], UTC).date() for end in ("validFrom", "validTo")},
        "container": json.dumps(results["topology"]["container"], indent=1),
        "transcript": _transcript(results["walkthrough"]),
        "results_seconds": round(results["seconds to be ready"]),
        "month": rows,
        "available": available(rows),
        "claim": CLAIM,
    }


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
