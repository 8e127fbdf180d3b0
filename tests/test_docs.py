"""What the documents tell operators to type exists: commands, options, outputs, variables, targets, paths, alarms."""

import re
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import hcl2
import pytest
from botocore import xform_name
from botocore.exceptions import UnknownServiceError, WaiterConfigError
from documents import DOCUMENTS

from app import create_app
from config import from_environment
from devtools.demo import BYTES_AT_MOST

ROOT = Path(__file__).resolve().parents[1]
COMPOSITIONS = ("bootstrap", "three-tier", "task-manager", "eight-digit")
# What the AWS CLI adds to the operations that botocore's models describe.
CLI_ONLY = {"configure sso", "ecr get-login-password", "logs tail", "s3 cp", "s3 ls"}
CLI_OPTIONS = {"query", "output", "region", "profile"}
# Settings and plugins of MySQL that a page explains and nothing here sets.
NAMES_OF_OTHERS = {"innodb_optimize_fulltext_only", "mysql_clear_password", "probe_ssl_earliest_cert_expiry"}
REMOVED = {"origin_domain"}  # which CHANGELOG.md says
MADE_BY_THE_READER = {"terraform.tfvars", "plan.json", "small.json"}

Checker = Callable[[str], Iterator[str]]


def declared(root: str, kind: str) -> set[str]:
    return {name.strip('"') for file in files_of(root) for block in file.get(kind, []) for name in block}


@cache
def files_of(root: str) -> list[dict[str, Any]]:
    return [hcl2.loads(path.read_text()) for path in (ROOT / "terraform" / root).glob("*.tf")]


def wrong_outputs(text: str) -> Iterator[str]:
    """An output must be the composition's whose section this is, or any one's in a section about none."""
    meant: list[str] = []
    for line in text.splitlines():
        if line.startswith("## "):
            meant = [name for name in COMPOSITIONS if name in line]
        if named := re.search(r"cd terraform/([\w-]+)", line):
            meant = [named[1]]
        for name in re.findall(r"terraform output (?:-raw |-json )(\w+)", line):
            if not any(name in declared(root, "output") for root in meant or COMPOSITIONS):
                yield f"terraform output {name} of {' or '.join(meant) or 'any composition'}"


def wrong_variables(text: str) -> Iterator[str]:
    known = set().union(*(declared(root, "variable") for root in COMPOSITIONS))
    blocks = "\n".join(re.findall(r"```hcl\n(.*?)```", text, re.DOTALL))
    for name in [*re.findall(r"-var (\w+)=", text), *re.findall(r"^\s*(\w+) +=", blocks, re.MULTILINE)]:
        if name not in known:
            yield f"variable {name}"


def wrong_targets(text: str) -> Iterator[str]:
    known = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in re.findall(r"(?:`|^ {4}|&& |^\s*)make (?:-C \S+ )?([a-z-]+)", text, re.MULTILINE):
        if name not in known:
            yield f"make {name}"


def wrong_flask_commands(text: str) -> Iterator[str]:
    commands = create_app(from_environment({"APP_ENV": "testing"})).cli.commands
    for group, name in re.findall(
        r"flask (?:--app crudapp )?(accounts|database|db|entries|jobs|notes) ([a-z-]+)", text
    ):
        if name not in getattr(commands[group], "commands", {}):
            yield f"flask {group} {name}"


def wrong_aws_commands(text: str) -> Iterator[str]:
    for command in re.findall(
        r"(?:^\s*|`|\$\(|&& |do )aws ([a-z0-9-]+ [a-z-]+.*?)(?=$|`|\||;|\)\s|\)\")", joined(text), re.MULTILINE
    ):
        service, operation, *words = command.split()
        waits = operation == "wait"
        operation = words[0] if waits else operation
        options = re.findall(r"--([a-z][a-z0-9-]*)", " ".join(words))
        if f"{service} {operation}" not in CLI_ONLY:
            yield from wrong_options(service, operation, options, waits=waits)


def wrong_options(service: str, operation: str, options: list[str], *, waits: bool) -> Iterator[str]:
    session = botocore.session.get_session()
    try:
        model = session.get_service_model(service)
        if waits:
            operation = waited(session, service, operation)
    except (UnknownServiceError, WaiterConfigError, ValueError):
        yield f"aws {service} {operation}"
        return
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        yield f"aws {service} {operation}"
        return
    shape = model.operation_model(operations[operation]).input_shape
    known = {xform_name(name, "-") for name in shape.members} if shape else set()
    known |= {f"no-{name}" for name in known} | CLI_OPTIONS
    yield from (f"aws {service} {operation} --{option}" for option in options if option not in known)


def waited(session: botocore.session.Session, service: str, waiter: str) -> str:
    """The operation that a waiter asks again and again."""
    waiters = {xform_name(name, "-"): name for name in session.get_waiter_model(service).waiter_names}
    if waiter not in waiters:
        raise ValueError(waiter)
    return xform_name(session.get_waiter_model(service).get_waiter(waiters[waiter]).operation, "-")


def joined(text: str) -> str:
    """Commands over several lines as one line, and without what --query asks for."""
    text = re.sub(r"\\\n\s*", " ", text)
    return re.sub(r"--query ('[^']*'|\"[^\"]*\"|\S+)", "", text)


def wrong_paths(text: str) -> Iterator[str]:
    tops = "app|bastion|benchmarks|devtools|docs|migrations|nginx|operations|rehearsal|requirements|systemd|terraform"
    tops += "|tests|\\.github"
    for path in re.findall(rf"`((?:{tops})/[\w./-]+)[` ]", text):
        if not (ROOT / path).exists() and Path(path).name not in MADE_BY_THE_READER:
            yield path


def wrong_alarms(text: str) -> Iterator[str]:
    known = (ROOT / "terraform/modules/monitoring/alarms.tf").read_text()
    for names in re.findall(r"[Aa]larms? ((?:`[a-z-]+`(?:, )?)+)", text):
        for name in re.findall(r"`([a-z-]+)`", names):
            if not re.search(rf"^\s+{name}\s+= \{{", known, re.MULTILINE):
                yield f"alarm {name}"


def wrong_units(text: str) -> Iterator[str]:
    templates = "".join(path.read_text() for path in ROOT.glob("terraform/modules/*/*.tftpl"))
    units = [*ROOT.glob("nginx/certbot/*"), *ROOT.glob("systemd/*")]
    shipped = {name for path in units if path.suffix in (".service", ".timer") for name in (path.name, path.stem)}
    for unit in re.findall(r"(?:journalctl (?:-u|--unit)|systemctl status) ([\w.-]+)", text):
        if unit not in shipped and f"/{unit.removesuffix('.service')}.service" not in templates:
            yield f"unit {unit}"


@cache
def words_of_the_sources() -> frozenset[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = [
        ROOT / name
        for name in listed.splitlines()
        if not name.endswith((".md", ".png", ".gif", ".svg", "test_docs.py"))
    ]
    return frozenset(word for file in files for word in re.findall(r"\w+", file.read_text(errors="replace")))


def wrong_names(text: str) -> Iterator[str]:
    """Names of functions, columns and the like, as far as an underscore tells them from words."""
    for name in re.findall(r"`(?:[a-z]\w*\.)*(_?[a-z0-9]+(?:_[a-z0-9]+)+|_[a-z0-9]{3,})(?:\(\))?`", text):
        if not {name, name.removesuffix("_total")} & (words_of_the_sources() | NAMES_OF_OTHERS | REMOVED):
            yield f"name {name}"


CHECKERS: dict[Checker, str] = {  # each with what it must catch
    wrong_outputs: "## three-tier\nterraform output -raw table_name",
    wrong_variables: "terraform apply -var protekted=false",
    wrong_targets: "run `make coffee`",
    wrong_flask_commands: "then `flask db upgarde`",
    wrong_aws_commands: "aws ecs update-service --cluster notes \\\n  --desired 2",
    wrong_paths: "see `terraform/modules/nowhere/main.tf` for it",
    wrong_alarms: "alarm `too-hot`",
    wrong_units: "`journalctl -u no-such-unit`",
    wrong_names: "`session.no_such_function()` does it",
}


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_no_document_names_what_does_not_exist(checker: Checker) -> None:
    found = {str(path.relative_to(ROOT)): sorted(set(checker(path.read_text()))) for path in DOCUMENTS}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: checker.__name__)
def test_each_checker_catches_a_planted_fault(checker: Checker) -> None:
    assert len(list(checker(CHECKERS[checker]))) == 1


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("aws ecs run-tusk --cluster notes", "aws ecs run-tusk"),
        ("aws esc run-task", "aws esc run-task"),
        ("aws ecs wait tasks-rested --cluster notes", "aws ecs tasks-rested"),
        ("$(aws rds stop-db-instance --now 1 --query 'a[?b==`c`]')", "aws rds stop-db-instance --now"),
        ("`aws ec2 describe-nat-gateways --filters Name=state`", "aws ec2 describe-nat-gateways --filters"),
    ],
)
def test_a_wrong_aws_command_is_named(command: str, wrong: str) -> None:
    assert list(wrong_aws_commands(command)) == [wrong]


def test_the_checkers_find_something_to_check() -> None:
    text = joined("".join(path.read_text() for path in DOCUMENTS))
    assert len(re.findall(r"\baws [a-z0-9-]+ [a-z-]+", text)) > 60
    assert len(re.findall(r"terraform output", text)) > 10


@pytest.mark.parametrize("root", ["three-tier", "task-manager", "eight-digit"])
def test_each_size_sets_variables_that_exist(root: str) -> None:
    for path in sorted((ROOT / "terraform" / root / "sizes").glob("*.tfvars")):
        with path.open() as file:
            assert set(hcl2.load(file)) <= declared(root, "variable") | {"__comments__"}, path.name


def test_the_demo_of_the_readme_is_small_enough_to_be_loaded_with_it() -> None:
    recorded = ROOT / "docs/demo.gif"
    assert recorded.read_bytes()[:6] == b"GIF89a"
    assert recorded.stat().st_size < BYTES_AT_MOST
    assert "(docs/demo.gif)" in (ROOT / "README.md").read_text()
