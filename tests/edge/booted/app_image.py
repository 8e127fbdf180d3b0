"""Image of an app server that tells what it was started with: the unit and run-image are tried, not the app."""

from __future__ import annotations

import json
from pathlib import Path

from devtools.programs import find_program
from edge.images import run

# What the app's image has, too: static files at this place, and it listens where BIND says, on 5000.
START = """#!/bin/busybox sh
busybox mkdir /tmp/www
busybox env > /tmp/www/environment
echo ok > /tmp/www/health
trap exit TERM
busybox httpd -f -p "$BIND:5000" -h /tmp/www &
wait
"""


def build(folder: Path) -> str:
    """Put the image into `folder`, as an OCI layout; return its digest."""
    container = run("buildah", "from", "scratch")
    script = folder.with_name("start")
    script.write_text(START)
    script.chmod(0o755)
    static = folder.with_name("notes.css")
    static.write_text("body {}\n")
    run("buildah", "add", "--quiet", container, find_program("busybox"), "/bin/busybox")
    run("buildah", "add", "--quiet", container, script, "/bin/start")
    run("buildah", "add", "--quiet", container, static, "/srv/notes/static/")
    run("buildah", "config", "--cmd", '["/bin/start"]', "--env", "BIND=127.0.0.1", "--env", "PATH=/bin", container)
    run("buildah", "commit", "--quiet", "--rm", container, f"oci:{folder}")
    (manifest,) = json.loads((folder / "index.json").read_text())["manifests"]
    return str(manifest["digest"])
