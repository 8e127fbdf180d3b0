"""`make release VERSION=1.2.3`: write the version where it stands, date its changes, commit, tag; it pushes nothing."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SEMANTIC = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", re.ASCII)
# Each file that repeats the version, with what stands around it; tests/test_version.py compares them.
PLACES = {
    "app/version.py": 'VERSION = "{}"',
    "Dockerfile": 'org.opencontainers.image.version="{}"',
    "docs/openapi.json": '"version": "{}"',
}
UNRELEASED = "(not released yet)"


class Refused(Exception):
    """The release cannot be made; the message says what to do first."""


def release(root: Path, version: str, today: str) -> str:
    """Commit and tag `version` in the repository at `root`; return the tag. Raises Refused before a change."""
    if not SEMANTIC.fullmatch(version):
        raise Refused(f"{version} is no version: three numbers with dots between them, such as 1.2.3.")
    if _git(root, "status", "--porcelain"):
        raise Refused("There are changes that are not committed.")
    tag = f"v{version}"
    if tag in _git(root, "tag").splitlines():
        raise Refused(f"{tag} has been released; a version is never made twice.")
    now = _current(root)
    if _numbers(version) < _numbers(now):
        raise Refused(f"{version} is older than {now}.")
    changes = (root / "CHANGELOG.md").read_text()
    heading, notes = _unreleased(changes)
    _write(root, now, version)
    (root / "CHANGELOG.md").write_text(changes.replace(heading, f"## {version} ({today})", 1))
    _git(root, "commit", "--quiet", "--all", "--message", f"Release {version}")
    # Verbatim: the headings of the notes begin with the sign of git's comments.
    _git(root, "tag", "--annotate", tag, "--cleanup=verbatim", "--message", f"{version}\n\n{notes}\n")
    return tag


def _current(root: Path) -> str:
    found = re.search(r'VERSION = "(.+)"', (root / "app/version.py").read_text())
    if not found:
        raise Refused("app/version.py holds no version.")
    return found[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in version.split("."))


def _unreleased(changes: str) -> tuple[str, str]:
    """Return the heading of what is not released yet, and what stands below it."""
    found = re.search(rf"^(## \S+ {re.escape(UNRELEASED)})\n(.*?)(?=^## |\Z)", changes, re.MULTILINE | re.DOTALL)
    if not found or not found[2].strip():
        raise Refused(f'CHANGELOG.md has no section "## VERSION {UNRELEASED}" that says what is new.')
    return found[1], found[2].strip()


def _write(root: Path, now: str, version: str) -> None:
    texts = {root / name: (root / name).read_text() for name in PLACES}
    for (path, text), around in zip(texts.items(), PLACES.values(), strict=True):
        if around.format(now) not in text:
            raise Refused(f"{path.name} does not hold version {now}.")
    for (path, text), around in zip(texts.items(), PLACES.values(), strict=True):
        path.write_text(text.replace(around.format(now), around.format(version)))


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603, S607 - git, with words of ours


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("version")
    try:
        tag = release(ROOT, parser.parse_args().version, datetime.now(UTC).date().isoformat())
    except Refused as refusal:
        sys.exit(str(refusal))
    sys.stdout.write(f"Committed and tagged {tag}. To publish it: git push origin main {tag}\n")


if __name__ == "__main__":
    main()
