"""The HCL itself: formatted, valid, described, pinned, and passing its own tests."""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import hcl2
import pytest

from devtools.composition import REPOSITORY, Composition, terraform_binary

TERRAFORM = REPOSITORY / "terraform"
FILES = sorted(path for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts)
MODULES = sorted(path.parent for path in (TERRAFORM / "modules").glob("*/main.tf"))
ROOTS = ["bootstrap", "eight-digit", "task-manager", "three-tier"]


def blocks(path: Path, kind: str) -> dict[str, dict[str, Any]]:
    with path.open() as file:
        parsed = hcl2.load(file)
    return {name.strip('"'): body for block in parsed.get(kind, []) for name, body in block.items()}


def described(body: dict[str, Any]) -> str:
    return str(body.get("description", "")).strip('"').replace('\\"', '"')


def test_every_file_is_formatted() -> None:
    command = [terraform_binary(), f"-chdir={TERRAFORM}", "fmt", "-check", "-recursive"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (0, ""), "run: terraform fmt -recursive terraform"


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_is_valid(root: str, tmp_path: Path) -> None:
    composition = Composition(root, tmp_path, "http://127.0.0.1:9", {})
    composition.init()
    assert "Success" in composition.terraform("validate", "-no-color")


@pytest.mark.parametrize("root", ROOTS)
def test_the_lock_file_of_every_root_fits_the_provider(root: str, tmp_path: Path) -> None:
    composition = Composition(root, tmp_path, "http://127.0.0.1:9", {})
    lock = TERRAFORM / root / ".terraform.lock.hcl"
    (composition.root / lock.name).write_text(lock.read_text())
    composition.terraform("init", "-input=false", "-no-color", "-lockfile=readonly")
    # Twelve platforms and more, not only this one.
    assert lock.read_text().count('"zh:') > 12


@pytest.mark.parametrize("kind", ["variable", "output"])
def test_every_variable_and_output_is_described(kind: str) -> None:
    bare = [
        f"{path.relative_to(TERRAFORM)}: {name}"
        for path in FILES
        for name, body in blocks(path, kind).items()
        if not described(body)
    ]
    assert bare == []
    assert sum(len(blocks(path, kind)) for path in FILES) > 30


def test_an_empty_description_is_none(tmp_path: Path) -> None:
    (tmp_path / "variables.tf").write_text('variable "bare" {}\nvariable "empty" { description = "" }\n')
    assert [described(body) for body in blocks(tmp_path / "variables.tf", "variable").values()] == ["", ""]


def default(body: dict[str, Any]) -> str:
    if "default" not in body:
        return "required"
    value = body["default"]
    return "`null`" if value is None else f"`{value if isinstance(value, str) else json.dumps(value)}`"


def readme(module: Path) -> str:
    """What the README of a module says: what it owns, and a line for each of its variables and outputs."""
    owns = (module / "main.tf").read_text().splitlines()[0].removeprefix("# ")
    variables = blocks(module / "variables.tf", "variable").items()
    outputs = blocks(module / "outputs.tf", "output").items()
    return "\n".join(
        [
            f"# {module.name}\n\n{owns}\n\n| Variable | Default | Meaning |\n|---|---|---|",
            *(f"| `{name}` | {default(body)} | {described(body)} |" for name, body in variables),
            "\n| Output | Meaning |\n|---|---|",
            *(f"| `{name}` | {described(body)} |" for name, body in outputs),
            "",
        ]
    )


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_a_modules_readme_has_a_line_for_each_variable_and_output(module: Path) -> None:
    if os.environ.get("REGENERATE") == "1":
        (module / "README.md").write_text(readme(module))
    assert (module / "README.md").read_text() == readme(module), (
        "run: REGENERATE=1 .venv/bin/python -m pytest tests/infra/test_source.py -k readme"
    )


def test_every_module_variable_is_used() -> None:
    unused = []
    for module in {path.parent for path in FILES}:
        text = "".join(path.read_text() for path in module.glob("*.tf"))
        names = re.findall(r'^variable "(\w+)"', text, re.MULTILINE)
        unused += [f"{module.name}: {name}" for name in names if not re.search(rf"\bvar\.{name}\b", text)]
    assert unused == []


def test_no_partition_and_no_zone_is_taken_for_granted() -> None:
    """AWS is also in China and in GovCloud, and not every region has zones a, b and c."""
    sources = [
        path for path in TERRAFORM.rglob("*.t*") if path.suffix in {".tf", ".tftpl"} and "tests" not in path.parts
    ]
    fixed = re.compile(r"arn:aws:|(?<!\$)\{?region\}[a-f]\"|aws_elb_service_account|ec2messages")
    assert [f"{path.name}: {found}" for path in sources for found in fixed.findall(path.read_text())] == []


def test_no_provider_but_aws_is_asked_for() -> None:
    sources = {source for path in FILES for source in re.findall(r'source\s*=\s*"([^".]+/[^"]+)"', path.read_text())}
    assert sources == {"hashicorp/aws"}


def test_roots_hold_module_calls_and_locals_only() -> None:
    assert [path.name for root in ROOTS for path in (TERRAFORM / root).glob("*.tf") if blocks(path, "resource")] == []


def test_modules_refuse_what_they_should(tmp_path: Path) -> None:
    composition = Composition("modules", tmp_path, "http://127.0.0.1:9", {})
    (composition.root / "test.auto.tfvars.json").unlink()
    composition.init()
    result = composition.terraform("test", "-no-color")
    assert re.search(r"Success! \d+ passed, 0 failed", result), result
