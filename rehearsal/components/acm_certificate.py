"""Certificate as ACM would give it to a load balancer, from an authority that the browsers here trust."""

from __future__ import annotations

from pathlib import Path

from rehearsal.network.namespaces import run

NEW = ("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30")


def issue_certificate(home: Path, name: str) -> str:
    """Certificate and key for the name in one text; the authority that it is from becomes home/ca.pem."""
    authority, key = home / "ca.pem", home / "ca.key"
    run(*NEW, "-subj", "/CN=Authority of the rehearsal", "-keyout", key, "-out", authority)
    options = ["-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=critical,CA:FALSE"]
    certificate_key = home / "acm.key"
    signed = run(*NEW, "-CA", authority, "-CAkey", key, "-subj", f"/CN={name}", *options, "-keyout", certificate_key)
    return signed + certificate_key.read_text()
