"""Bash runs every block of shell of the documents, with programs that do nothing: what would run exists there."""

from __future__ import annotations

import importlib.util
import re
import shlex
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml
from documents import DOCUMENTS, FENCE, ROOT, Command, blocks, copy_checkout, run_shell

from app import create_app
from config import from_environment

LANGUAGES = {"sh", "hcl", "json", "nginx", "caddy", "text", "python", "yaml"}
# Of other makers, and on the reader's machine or a host that the page names.
PROGRAMS = {
    *("apt-get", "aws", "cat", "certutil", "chmod", "chromium", "cp", "curl", "docker", "git", "head", "install", "jq"),
    *(
        "journalctl",
        "ls",
        "mkdir",
        "mktemp",
        "mysql",
        "mysqldump",
        "nginx",
        "openssl",
        "rm",
        "ssh",
        "sudo",
        "systemctl",
    ),
    *("tail", "terraform", "useradd", "userdel"),
}
INSTALLED_BY_THE_PAGE = {"/usr/local/bin/run-image", "build/checkov/bin/checkov", "python3"}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_checkout(tmp_path_factory.mktemp("checkout"))


def read(document: Path, checkout: Path) -> tuple[list[Command], str]:
    return run_shell(document.read_text(), checkout)


def wrong(command: Command) -> Iterator[str]:
    program, *words = command.words
    if program in CHECKS:
        yield from CHECKS[program](command, words)
    elif program.endswith("/flask") or program == "flask":
        yield from CHECKS["flask"](command, words)
    elif program.endswith("/python"):
        yield from wrong_module(command, words)
    elif "/" in program and program not in INSTALLED_BY_THE_PAGE:
        yield from wrong_script(command, words)
    elif program not in PROGRAMS | INSTALLED_BY_THE_PAGE:
        yield f"{program} is no program of this project and none of PROGRAMS"


def wrong_flask(_command: Command, words: list[str]) -> Iterator[str]:
    """Names, options and the number of arguments, as click reads them; not whether a file is there."""
    if words[:1] == ["--app"]:
        words = words[2:]
    found: click.Command = create_app(from_environment({"APP_ENV": "testing"})).cli
    context = click.Context(found)
    while isinstance(found, click.Group):
        name, *words = words or [""]
        following = found.get_command(context, name)
        if following is None:
            yield f"there is no command {name!r}"
            return
        found, context = following, click.Context(following, info_name=name)
    try:
        given, more, _ = found.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        yield error.message
        return
    if more:
        yield f"{more[0]} is one argument too many"
    yield from (f"{one.name} is missing" for one in found.params if one.required and given.get(one.name or "") is None)


def wrong_notes(command: Command, words: list[str]) -> Iterator[str]:
    """The program of systemd/notes, which passes on what it is given."""
    yield from wrong_flask(command, words)


def wrong_make(command: Command, words: list[str]) -> Iterator[str]:
    folder = ROOT / command.folder
    if words[:1] == ["-C"]:
        folder, words = folder / words[1], words[2:]
    if not (folder / "Makefile").is_file():
        yield f"there is no Makefile in {folder.resolve().relative_to(ROOT)}"
    makefile = (ROOT / "Makefile").read_text()
    settings = (ROOT / "config.py").read_text()
    for word in words:
        name, given, value = word.partition("=")
        if not given and not re.search(rf"^{name}:", makefile, re.MULTILINE):
            yield f"there is no target {name}"
        if given and not re.search(rf"\b{name}\b", makefile + settings):
            yield f"nothing reads {name}"
        if name == "ARGS":
            yield from wrong_flask(command, shlex.split(value))
        if name == "COMPOSITION" and not (ROOT / "terraform" / value / "main.tf").is_file():
            yield f"there is no composition {value}"


def wrong_terraform(command: Command, words: list[str]) -> Iterator[str]:
    folder = ROOT / command.folder
    if words[0].startswith("-chdir="):
        folder, words = folder / words[0].removeprefix("-chdir="), words[1:]
    if words[0] == "fmt":
        return
    if not list(folder.glob("*.tf")):
        yield f"there is no Terraform in {command.folder}"
    if words[0] not in {"init", "plan", "apply", "show", "output", "state", "import", "destroy", "test"}:
        yield f"terraform {words[0]}"
    for file in re.findall(r"-var-file=(\S+)", " ".join(words)):
        if not (folder / file).is_file():
            yield f"there is no {file} in {command.folder}"


def wrong_aws(command: Command, words: list[str]) -> Iterator[str]:
    """The region, which differs by composition; names and options are compared with AWS's models in test_docs.py."""
    if words[0] not in {"configure", "sts"} and not command.region and "--region" not in words:
        yield "no region is set: export AWS_REGION=... in its section"


def wrong_docker(command: Command, words: list[str]) -> Iterator[str]:
    if words[0] == "compose":
        yield from wrong_compose(command, words[1:])
    if words[0] == "build" and not (ROOT / command.folder / words[-1] / "Dockerfile").is_file():
        yield f"there is no Dockerfile in {words[-1]}"


def wrong_compose(_command: Command, words: list[str]) -> Iterator[str]:
    """The services; a program that runs in one is not looked at."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    operation, *rest = words or [""]
    named = [word for word in rest if not word.startswith("-")]
    if operation in {"exec", "run"}:
        named = named[:1]
    if operation in {"build", "exec", "run", "logs", "stop", "start"} and not named:
        yield f"compose {operation} names no service"
    yield from (f"compose {operation}: {name} names no service" for name in named if name not in services)


def wrong_module(command: Command, words: list[str]) -> Iterator[str]:
    if words[:1] == ["-m"] and words[1] not in {"pip", "venv"} and importlib.util.find_spec(words[1]) is None:
        yield f"there is no module {words[1]}"
    yield from missing_files(command, words)


def wrong_script(command: Command, words: list[str]) -> Iterator[str]:
    path = ROOT / command.folder / command.words[0]
    if not path.is_file() or not path.stat().st_mode & 0o100:
        yield f"{command.words[0]} is no program in {command.folder}"
        return
    source = path.read_text()
    yield from (
        f"{command.words[0]} does not know {word}" for word in words if word.startswith("--") and word not in source
    )


def missing_files(command: Command, words: list[str]) -> Iterator[str]:
    for word in words:
        if (
            re.match(r"(requirements|systemd|tests|nginx|bastion|docs)/", word)
            and not (ROOT / command.folder / word).exists()
        ):
            yield f"there is no {word} in {command.folder}"


Check = Callable[[Command, list[str]], Iterator[str]]
CHECKS: dict[str, Check] = {
    "flask": wrong_flask,
    "notes": wrong_notes,
    "make": wrong_make,
    "terraform": wrong_terraform,
    "aws": wrong_aws,
    "docker": wrong_docker,
    "podman-compose": wrong_compose,
    "cp": missing_files,
}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_of_a_document_can_be_run_where_it_stands(document: Path, checkout: Path) -> None:
    commands, said = read(document, checkout)
    assert said == ""
    found = {str(command): problems for command in commands if (problems := list(wrong(command)))}
    assert found == {}


INLINE = re.compile(r"`((?:make|flask|notes|docker|podman-compose|\.venv/bin/\w+) [^`]+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_within_a_sentence_is_one(document: Path) -> None:
    """At the root of a checkout; it may be named without its arguments. Three dots stand for what the reader adds."""
    spans = INLINE.findall(FENCE.sub("", document.read_text()))
    commands = [Command(".", "", tuple(shlex.split(span, comments=True))) for span in spans if "..." not in span]
    found = {str(one): [problem for problem in wrong(one) if not problem.endswith(" is missing")] for one in commands}
    assert {one: problems for one, problems in found.items() if problems} == {}


def test_there_are_commands_to_check(checkout: Path) -> None:
    assert sum(len(read(document, checkout)[0]) for document in DOCUMENTS) > 120


@pytest.mark.parametrize(
    ("planted", "said"),
    [
        (".venv/bin/flask --app crudapp notes imprt x", "no command 'imprt'"),
        (".venv/bin/flask --app crudapp notes import x", "email is missing"),
        (".venv/bin/flask --app crudapp notes import x --ownr a", "No such option"),
        ("notes accounts create a@example.org secret", "one argument too many"),
        ("make coffee", "no target coffee"),
        ("make run PROT=5001", "nothing reads PROT"),
        ('make aws-flask ARGS="notes purge --now"', "No such option"),
        ("cd docs && make run", "no Makefile in docs"),
        ("cd terraform && terraform apply", "no Terraform in terraform"),
        ("cd terraform/three-tier && terraform aply", "terraform aply"),
        ("cd terraform/three-tier && terraform plan -var-file=sizes/huge.tfvars", "no sizes/huge.tfvars"),
        ("aws ecs list-clusters", "no region is set"),
        ("docker compose exec nobody flask version", "names no service"),
        ("podman-compose run --rm nobody", "names no service"),
        ("podman-compose up --detach nobody", "names no service"),
        ("docker build docs", "no Dockerfile in docs"),
        ("nginx/render --frnt instance", "does not know --frnt"),
        ("nginx/rendr --front instance", "is no program"),
        (".venv/bin/python -m pip install --requirement requirements/runtme.txt", "no requirements/runtme.txt"),
        (".venv/bin/python -m benchmarks.nothing", "no module"),
        ("frobnicate --all", "no program of this project"),
    ],
)
def test_a_planted_fault_is_found(planted: str, said: str, checkout: Path) -> None:
    commands, _ = run_shell(f"```sh\n{planted}\n```\n", checkout)
    problems = [problem for command in commands for problem in wrong(command)]
    assert any(said in problem for problem in problems), problems


@pytest.mark.parametrize("planted", ["cd nowhere", "echo 'open", "cat < missing.txt", "for x in a; do echo $x"])
def test_what_bash_cannot_do_is_found(planted: str, checkout: Path) -> None:
    assert run_shell(f"```sh\n{planted}\n```\n", checkout)[1]


def test_both_ends_of_a_pipe_are_read_whole(checkout: Path) -> None:
    commands, _ = run_shell("```sh\nfor n in {1..200}; do curl $'a\\nb' | jq $'c\\nd'; done\n```\n", checkout)
    assert Counter(command.words for command in commands) == {("curl", "a\nb"): 200, ("jq", "c\nd"): 200}


def test_a_block_says_what_it_is() -> None:
    unnamed = {
        (str(document.relative_to(ROOT)), language)
        for document in DOCUMENTS
        for _, language, _ in FENCE.findall(document.read_text())
        if language not in LANGUAGES
    }
    assert unnamed == set()
    assert blocks("```sh\na\n```\n\n  ```sh\n  b\n  ```\n", "sh") == ["a\n", "b\n"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_are_in_blocks_of_shell_and_nowhere_else(document: Path) -> None:
    """Text that is only indented is not looked at here, nor coloured anywhere."""
    text = FENCE.sub("", document.read_text())
    assert re.findall(r"^\n {4}((?:make|flask|\.venv/bin/\S+|docker|terraform|aws|curl) .*)$", text, re.MULTILINE) == []


def test_the_page_of_commands_has_every_command_and_no_other() -> None:
    cli = create_app(from_environment({"APP_ENV": "testing"})).cli
    ours = {
        f"{group} {name}" if isinstance(command, click.Group) else group
        for group, command in cli.commands.items()
        for name in (command.commands if isinstance(command, click.Group) else [""])
    }
    of_flask_migrate = {command for command in ours if command.startswith("db ")} - {"db upgrade"}
    section = (ROOT / "docs/commands.md").read_text().partition("## The commands\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `flask ([a-z -]+?)(?: [A-Z-].*?)?` \|", section, re.MULTILINE)
    assert sorted(rows) == sorted(ours - of_flask_migrate)
