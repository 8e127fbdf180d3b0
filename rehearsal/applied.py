"""Applies a composition to an emulated AWS and keeps its state, keyed by what was applied."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from infra.composition import SHIPPED, Composition, emulated_aws
from infra.conftest import DIGEST

from rehearsal.namespaces import ROOT

BUILD = ROOT / "build" / "rehearsal"
OPERATOR = "203.0.113.7"
VARIABLES = {
    "three-tier": {"domain": "notes.test", "email": "owner@notes.test", "admin_cidr": f"{OPERATOR}/32"},
}


def applied(name: str) -> Path:
    """The folder with state.json and the operator's key; applying takes minutes, finding it again nothing."""
    folder = BUILD / name / "applied" / _fingerprint(name)
    if not (folder / "state.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = folder / "key"
        if not key.exists():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", key], check=True)
        variables = VARIABLES[name] | {"image_digest": DIGEST, "ssh_public_key": key.with_suffix(".pub").read_text().strip()}
        with tempfile.TemporaryDirectory(prefix="rehearsal-") as directory, emulated_aws() as endpoint:
            composition = Composition(name, Path(directory), endpoint, variables)
            composition.init()
            composition.apply()
            (folder / "state.json").write_text(composition.terraform("show", "-json"))
    return folder


def _fingerprint(name: str) -> str:
    digest = hashlib.sha256(json.dumps(VARIABLES[name]).encode())
    for file in sorted(file for top in SHIPPED for file in (ROOT / top).rglob("*") if file.is_file()):
        if ".terraform/" not in str(file) and "tfstate" not in file.name:
            digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:16]
