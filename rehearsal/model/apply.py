"""Applies a composition to an emulated AWS and keeps its state, keyed by what was applied."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from devtools.composition import SHIPPED, Composition, certificate, emulated_aws, zone
from devtools.composition import VARIABLES as VARIABLES_OF_TESTS
from devtools.processes import ROOT

BUILD = ROOT / "build" / "rehearsal"
VARIABLES = {
    "three-tier": VARIABLES_OF_TESTS["three-tier"] | {"domain": "notes.test", "email": "owner@notes.test"},
    # Its other form: two hosts of nginx, a cluster, and no way out but endpoints.
    "three-tier-cluster": VARIABLES_OF_TESTS["three-tier"]
    | {
        "domain": "notes.test",
        "email": "owner@notes.test",
        "front": "two",
        "nat": "none",
        "database": {"kind": "cluster", "instance_class": "db.c6gd.medium"},
    },
    "eight-digit": VARIABLES_OF_TESTS["eight-digit"],
    # Without CloudFront: people reach the load balancer. The pipeline builds nothing that could be rehearsed here.
    "task-manager": VARIABLES_OF_TESTS["task-manager"] | {"domain": "tasks.test", "pipeline": None},
}
ROOTS = {"three-tier-cluster": "three-tier"}  # whose root is another's
WITH_ZONE = {"three-tier-cluster"}  # Route 53's, which the operator has before
WITH_CERTIFICATE = {"task-manager"}  # ACM's certificate is ordered before the composition that uses it


def apply_composition(name: str) -> Path:
    """Return the file of its state as JSON; applying takes minutes, finding it again nothing."""
    state = BUILD / name / f"state-{_fingerprint(name)}.json"
    if not state.exists():
        state.parent.mkdir(parents=True, exist_ok=True)
        print(
            f"Applying {name} to an emulated AWS; that takes minutes, and only once until its sources change.",
            flush=True,
        )
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as directory, emulated_aws() as endpoint:
            composition = Composition(ROOTS.get(name, name), Path(directory), endpoint, VARIABLES[name])
            if name in WITH_ZONE:
                composition.set_variables({"zone_id": zone(composition, "test")})
            if name in WITH_CERTIFICATE:
                composition.set_variables({"certificate_arn": certificate(composition, VARIABLES[name]["domain"])})
            composition.init()
            composition.apply()
            state.write_text(json.dumps(composition.state().printed))
    return state


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(json.dumps(VARIABLES[name]).encode())
    for file in sorted(file for top in SHIPPED for file in (ROOT / top).rglob("*") if file.is_file()):
        if ".terraform/" not in str(file) and "tfstate" not in file.name:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
