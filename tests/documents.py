"""The documents: their blocks of shell, and which commands bash makes of them."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("terraform/**/*.md")])
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
# Every program that bash does not find is written down and does nothing; so is what is named by a path. Each process
# writes to a file of its own: the two ends of a pipe run at once, and bash writes line by line. `exit` stands in a page
# for the end of a session on another machine.
PRELUDE = r"""
record() { printf '%s\0' "$PWD" "${AWS_REGION-}" "$@" "" $'\n' >> "$LOG/$BASHPID"; }
command_not_found_handle() { record "$@"; }
exit() { :; }
PATH=/nonexistent
"""
# Where a page writes outside of the checkout, and what its reader has by then.
ELSEWHERE = {"/opt/notes": "", "/etc/notes": "elsewhere"}
MADE_BY_THE_READER = ("notes.sql", "elsewhere/environment", "secrets/.keep")


@dataclass(frozen=True)
class Command:
    """One command as bash would run it: in which folder of a checkout, for which region of AWS, and its words."""

    folder: str
    region: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.folder}$ {' '.join(self.words)}"


def blocks(text: str, language: str) -> list[str]:
    return [textwrap.dedent(body) for _, found, body in FENCE.findall(text) if found == language]


def shell_of(text: str) -> str:
    """The blocks of shell in their order; each section begins at the root of a checkout, with no region chosen."""
    lines: list[str] = []
    for part in re.split(r"^(?=## )", text, flags=re.MULTILINE):
        lines += ['cd "$CHECKOUT"; unset AWS_REGION', *blocks(part, "sh")]
    return "\n".join(lines)


def run_shell(text: str, checkout: Path) -> tuple[list[Command], str]:
    """Let bash run the blocks with programs that do nothing; return the commands, and what bash has to say."""
    script = shell_of(text)
    for place, instead in ELSEWHERE.items():
        script = script.replace(place, str(checkout / instead))
    paths = set(re.findall(r"(?<![\w./$\"'={}-])((?:\.{0,2}/)?[\w.-]+(?:/[\w.-]+)+)(?=\s|$)", script))
    recorded = "".join(f'function {path} {{ record {path} "$@"; }}\n' for path in sorted(paths))
    with tempfile.TemporaryDirectory() as log:
        done = subprocess.run(
            ["bash", "-c", PRELUDE + recorded + script],
            cwd=checkout,
            env={"LOG": log, "CHECKOUT": str(checkout)},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        records = "".join(file.read_text() for file in sorted(Path(log).iterdir())).split("\0\n\0")[:-1]
    found = [record.split("\0")[:-1] for record in records]
    return [
        Command(folder.removeprefix(str(checkout)).strip("/") or ".", region, tuple(words))
        for folder, region, *words in found
    ], done.stderr


def copy_checkout(to: Path) -> Path:
    """A copy of what git knows, so that a document's block may write where it stands."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, to / name)
    for name in MADE_BY_THE_READER:
        (to / name).parent.mkdir(exist_ok=True)
        (to / name).touch()
    return to


def headings(text: str) -> Iterator[str]:
    """The anchors that GitHub gives to the headings of a page."""
    seen: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} (.+?)\s*$", FENCE.sub("", text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
        number = seen.get(anchor, 0)
        seen[anchor] = number + 1
        yield f"{anchor}-{number}" if number else anchor
