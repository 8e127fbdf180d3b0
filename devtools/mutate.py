"""Plants faults in the rules of notes, one at a time, and sees whether the fast tests notice: `make mutate`.

Cosmic Ray changes a copy of the tree in build/mutation. What it has seen of the same sources and tests it remembers, so
a run that was ended goes on where it stood. The score and the survivors go to docs/mutation.md.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Any

ROOT = Path(__file__).parents[1]
BUILD = ROOT / "build" / "mutation"
TREE = BUILD / "tree"
REPORT = ROOT / "docs" / "mutation.md"

# Of its operators those that stand for a slip somebody might make; `a | b` is mostly a type or a union of dicts, and
# anything else in place of it breaks at once.
OPERATORS = (
    "AddNot|ExceptionReplacer|NumberReplacer|RemoveDecorator|Replace(True|False|And|Or)With.*|ZeroIterationForLoop"
    "|ReplaceUnaryOperator_Delete_Not|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Add|FloorDiv_Mul|Pow_Mul|LShift_Add)"
    "|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt)"
)

NOTES = ["creating", "saving", "trash", "lists", "lists_for_mysql", "changes", "tags", "remembered_tags"]
PAGES = ["pages_of_lists", "pages_of_one_note", "pages_of_writing"]


@dataclass(frozen=True, slots=True)
class Subject:
    """Sources, and the tests that are to notice a fault in them, those that notice most first."""

    name: str
    sources: list[str]
    tests: list[str]


def _of_notes(*names: str) -> list[str]:
    return [f"tests/notes/test_{name}.py" for name in names]


SUBJECTS = [
    Subject("merging", ["app/notes/merging.py"], _of_notes("merging", "saving", "pages_of_writing")),
    Subject(
        "list queries",
        ["app/notes/note_lists.py", "app/notes/list_rows.py"],
        [*_of_notes("lists", "lists_for_mysql", "remembered_tags", "pages_of_lists"), "tests/api/test_notes.py"],
    ),
    Subject(
        "rate limits",
        ["app/rate_limits.py"],
        ["tests/accounts/test_throttling.py", "tests/accounts/test_sign_up.py", "tests/test_work_limits.py"],
    ),
    Subject("the API's reading", ["app/api/reading.py"], ["tests/api/test_reading.py", "tests/api/test_notes.py"]),
    Subject(
        "the notes' service",
        ["app/notes/service"],
        [*_of_notes(*NOTES, *PAGES, "import_dates"), "tests/api/test_notes.py"],
    ),
]

# Mutants that survive because they change no observable behaviour, by file, function and operator.
HARMLESS = {
    ("app/notes/merging.py", "_merged_lines", "NumberReplacer"): "what does not collide has one side",
}

CONFIG = Template("""[cosmic-ray]
module-path = $sources
timeout = 120.0
excluded-modules = []
test-command = '$python -m pytest -x -q $plugins -m "not server and not slow" $tests'
[cosmic-ray.distributor]
name = "local"
[cosmic-ray.filters.operators-filter]
exclude-operators = ['^core/(?!($operators)$$)']
""")

PAGE = """# Mutation testing

`make mutate` makes one small change at a time (a mutant; `<=` in place of `<`, a number one higher, a
decorator gone), in a copy of the sources, and runs the fast tests that are to notice. It wrote this page on {today},
after {mutants} faults.

| | faults | noticed |
|---|---:|---:|
{scores}

## Not noticed

{survivors}
"""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault: where it stands, and whether a test failed, None before it was tested."""

    source: str
    line: int
    function: str
    operator: str
    is_noticed: bool | None


def copy_tree() -> None:
    """Copy tracked and new files to a folder where mutants are made."""
    shutil.rmtree(TREE, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (TREE / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, TREE / name)


def cosmic_ray(program: str, *arguments: str | Path) -> str:
    command = [BUILD / "venv" / "bin" / program, *arguments]
    return subprocess.run(command, cwd=TREE, check=True, stdout=subprocess.PIPE, text=True).stdout


def prepare(subject: Subject) -> tuple[Path, Path]:
    """Return the configuration and the session of a subject. Raises CalledProcessError when its tests fail as it is."""
    config, session = BUILD / f"{_digest(subject)}.toml", BUILD / f"{_digest(subject)}.sqlite"
    config.write_text(
        CONFIG.substitute(
            sources=json.dumps(subject.sources),
            python=sys.executable,
            tests=" ".join(subject.tests),
            operators=OPERATORS,
            plugins="-p no:randomly -p no:xdist -p no:schemathesis",
        )
    )
    if not session.exists():
        cosmic_ray("cosmic-ray", "baseline", config)
        cosmic_ray("cosmic-ray", "init", config, session)
        cosmic_ray("cr-filter-operators", session, config)
    return config, session


def _digest(subject: Subject) -> str:
    """Return a name for the subject as it is now."""
    named = [
        path
        for name in (*subject.sources, *subject.tests)
        for path in sorted([TREE / name, *(TREE / name).rglob("*.py")])
    ]
    contents = b"\0".join(path.read_bytes() for path in named if path.is_file())
    return hashlib.sha256(OPERATORS.encode() + contents).hexdigest()[:16]


def mutants(session: Path) -> Iterator[Mutant]:
    for line in cosmic_ray("cosmic-ray", "dump", session).splitlines():
        item, result = json.loads(line)
        [mutation] = item["mutations"]
        if (result and result["worker_outcome"] == "skipped") or _is_of_mypy(mutation):
            continue
        yield Mutant(
            mutation["module_path"],
            mutation["start_pos"][0],
            mutation["definition_name"] or "",
            mutation["operator_name"].removeprefix("core/"),
            (result["test_outcome"] != "survived") if result else None,
        )


def _is_of_mypy(mutation: dict[str, Any]) -> bool:
    """Whether the fault is in `frozen=True` or `slots=True` of a dataclass: what assigns to one is found by mypy."""
    return _line(mutation["module_path"], mutation["start_pos"][0]).startswith("@dataclass")


def _line(source: str, number: int) -> str:
    return (TREE / source).read_text().splitlines()[number - 1].strip()


def report(found: dict[str, list[Mutant]], today: str) -> str:
    scores = [f"| {name} | {len(some)} | {_rate(some):.0%} |" for name, some in found.items()]
    everything = [one for some in found.values() for one in some]
    scores.append(f"| all | {len(everything)} | {_rate(everything):.0%} |")
    survivors = sorted({_survivor(one) for one in everything if not one.is_noticed})
    return PAGE.format(
        today=today, mutants=len(everything), scores="\n".join(scores), survivors="\n".join(survivors) or "None."
    )


def _rate(some: list[Mutant]) -> float:
    return sum(bool(one.is_noticed) for one in some) / len(some)


def _survivor(one: Mutant) -> str:
    reason = HARMLESS.get((one.source, one.function, one.operator))
    where = f"`{one.source}`, {one.function or 'the module'}, {one.operator}"
    return f"- {where}: `{_line(one.source, one.line)}`" + (f" – {reason}" if reason else "")


def main() -> None:
    copy_tree()
    found: dict[str, list[Mutant]] = {}
    for subject in SUBJECTS:
        config, session = prepare(subject)
        cosmic_ray("cosmic-ray", "exec", config, session)
        found[subject.name] = list(mutants(session))
        print(f"{subject.name}: {_rate(found[subject.name]):.0%} of {len(found[subject.name])} noticed", flush=True)
    REPORT.write_text(report(found, str(datetime.now(UTC).date())))


if __name__ == "__main__":
    main()
