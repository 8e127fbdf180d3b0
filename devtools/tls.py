"""Self-signed certificates for servers on this machine."""

from __future__ import annotations

import subprocess
from pathlib import Path

from devtools.programs import find_program


def create_certificate(home: Path, *names: str) -> None:
    """Create fullchain.pem and privkey.pem for `names` in `home`. Raises MissingProgram."""
    home.mkdir(parents=True, exist_ok=True)
    command = [find_program("openssl"), "req", "-x509", "-nodes"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-subj", "/CN=test", "-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in names)]
    command += ["-keyout", str(home / "privkey.pem"), "-out", str(home / "fullchain.pem")]
    subprocess.run(command, check=True, capture_output=True)
