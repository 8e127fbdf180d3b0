"""The image of the Dockerfile, built for the tests of this folder, and what stands in for a registry's images."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from devtools.processes import ROOT
from devtools.programs import find_program

IMAGE = "localhost/notes:test"
CACHE = ROOT / "build"
# What nobody reads in an image that is thrown away.
SMALL = [f"--dpkgopt=path-exclude=/usr/share/{unread}/*" for unread in ("doc", "man", "locale")]


def run(*command: str | Path, environ: dict[str, str] | None = None, given: str = "") -> str:
    """Run to its end and return what it printed; `given` is its input."""
    done = subprocess.run(
        list(map(str, command)),
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | (environ or {}),
        input=given,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def base_name() -> str:
    found = re.search(r"^ARG BASE=(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert found
    return found.group(1)


@pytest.fixture(scope="session")
def storage() -> None:
    """Keep images and containers in build/: a stand-in must not pass for the real base anywhere else."""
    for program in ("buildah", "podman", "runc", "mmdebstrap"):
        find_program(program)
    CACHE.mkdir(exist_ok=True)
    places = f'driver = "overlay"\ngraphroot = "{CACHE}/images"\nrunroot = "{CACHE}/containers"\n'
    (CACHE / "storage.conf").write_text(f"[storage]\n{places}")
    os.environ["CONTAINERS_STORAGE_CONF"] = str(CACHE / "storage.conf")


@pytest.fixture(scope="session")
def base(storage: None) -> str:
    """The base image: pulled, or a stand-in with this machine's Debian."""
    name = base_name()
    pulled = subprocess.run(["buildah", "pull", "--quiet", name], check=False, capture_output=True)
    if pulled.returncode == 0:
        return name
    import_debian(CACHE / "stand-in-base.tar", "python3-venv,ca-certificates,binutils", name)
    return name


def import_debian(
    archive: Path, packages: str, name: str, suite: str = "bookworm", options: Sequence[str] = ()
) -> None:
    """Make an image of a small Debian with these packages; the archive is kept, as it takes minutes."""
    if not archive.exists():
        unfinished = archive.with_suffix(".unfinished.tar")
        run("mmdebstrap", "--variant=essential", f"--include={packages}", *SMALL, *options, suite, unfinished)
        unfinished.rename(archive)
    container = run("buildah", "from", "scratch")
    run("buildah", "add", "--quiet", container, archive, "/")
    run("buildah", "commit", "--quiet", "--rm", container, name)


@pytest.fixture(scope="session")
def wheels() -> Path:
    """The packages of runtime.txt for the stand-in's Python, so that the build needs no network."""
    folder = CACHE / "wheels"
    download = ["download", "--quiet", "--require-hashes", "--only-binary", ":all:", "--dest", str(folder)]
    run(sys.executable, "-m", "pip", *download, "--requirement", ROOT / "requirements" / "runtime.txt")
    return folder


@pytest.fixture(scope="session")
def image(base: str, wheels: Path) -> str:
    offline = [
        "--build-arg",
        "PIP_NO_INDEX=1",
        "--build-arg",
        "PIP_FIND_LINKS=/wheels",
        "--volume",
        f"{wheels}:/wheels:ro",
    ]
    run(
        "buildah",
        "build",
        "--quiet",
        "--isolation",
        "chroot",
        "--format",
        "docker",
        "--pull=never",
        *offline,
        "--tag",
        IMAGE,
        ROOT,
    )
    return IMAGE
