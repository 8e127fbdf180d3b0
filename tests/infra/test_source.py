"""The HCL itself: formatted, valid, described, pinned, and passing its own tests."""

import re
import subprocess
from pathlib import Path

import hcl2
import pytest

from infra.composition import REPOSITORY, Composition, terraform_binary

TERRAFORM = REPOSITORY / "terraform"
FILES = sorted(path for path in TERRAFORM.rglob("*.tf") if ".terraform" not in path.parts)
ROOTS = ["bootstrap", "eight-digit", "task-manager", "three-tier"]


def blocks(path: Path, kind: str) -> dict[str, dict[str, object]]:
    with path.open() as file:
        parsed = hcl2.load(file)
    return {name.strip('"'): body for block in parsed.get(kind, []) for name, body in block.items()}


def test_every_file_is_formatted() -> None:
    command = [terraform_binary(), f"-chdir={TERRAFORM}", "fmt", "-check", "-recursive"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode, done.stdout) == (0, ""), "run: terraform fmt -recursive terraform"


@pytest.mark.parametrize("root", ROOTS)
def test_every_root_is_valid(root: str, tmp_path: Path) -> None:
    composition = Composition(root, tmp_path, "http://127.0.0.1:9", {})
    composition.init()
    assert "Success" in composition.terraform("validate", "-no-color")


@pytest.mark.parametrize("kind", ["variable", "output"])
def test_every_variable_and_output_is_described(kind: str) -> None:
    bare = [
        f"{path.relative_to(TERRAFORM)}: {name}"
        for path in FILES
        for name, body in blocks(path, kind).items()
        if not body.get("description")
    ]
    assert bare == []
    assert sum(len(blocks(path, kind)) for path in FILES) > 30


def test_every_module_variable_is_used() -> None:
    unused = []
    for module in {path.parent for path in FILES}:
        text = "".join(path.read_text() for path in module.glob("*.tf"))
        names = re.findall(r'^variable "(\w+)"', text, re.MULTILINE)
        unused += [f"{module.name}: {name}" for name in names if not re.search(rf"\bvar\.{name}\b", text)]
    assert unused == []


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
