"""The certificate that ACM would give a load balancer, from an authority of this world that its browsers trust."""

from __future__ import annotations

from pathlib import Path

from rehearsal.network.namespaces import run

NEW = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")


def issued(home: Path, name: str) -> str:
    """Certificate and key for the name in one text; the authority that it is from becomes home/ca.pem."""
    authority, key = home / "ca.pem", home / "ca.key"
    run(*NEW, "-subj", "/CN=Authority of the rehearsal", "-keyout", key, "-out", authority)
    options = ["-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE"]
    made = home / "acm.key"
    signed = run(*NEW, "-CA", authority, "-CAkey", key, "-subj", f"/CN={name}", *options, "-keyout", made)
    return signed + made.read_text()
