"""Whatever stands in an argument of a command, it ends with one sentence and status 1 or 2, never with a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from on_databases import on_sqlite

from app import create_app
from config import from_environment
from devtools.people import email

# None leads out of the folder in which the commands are run: some of them write where they are told to.
ABSURD = [
    *(str(10**30), str(-(10**30)), "9223372036854775808", "-1", "0", "1" * 5000, "\u0662", "1e3"),
    *("", "\0", "a\0b@example.org", "\udcff", "a\udcff@example.org", "a\nb@example.org", "\x1b[2J", "\u202e"),
    *("x" * 300, "x" * 10_000, "/dev/null", "/dev/null/x", "mysql+pymysql://[::", "sqlite:///\udcff"),
]
NEVER_ENDS = {"jobs run"}
OTHERS = {"db", "run", "shell", "routes"}  # of Flask and Flask-Migrate


def leaves(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from leaves(command, f"{before}{name} ")
        else:
            yield f"{before}{name}", command


def product_commands() -> dict[str, click.Command]:
    cli = create_app(from_environment({"APP_ENV": "testing"})).cli
    return {name: command for name, command in leaves(cli) if name.split()[0] not in OTHERS and name not in NEVER_ENDS}


COMMANDS = product_commands()
PARAMETERS = [
    (name, parameter.name or "")
    for name, command in COMMANDS.items()
    for parameter in command.params
    if not (isinstance(parameter, click.Option) and parameter.is_flag)
]


def arguments(name: str, absurd: str, value: str, folder: Path) -> list[str]:
    """The command with this value for one parameter, and good ones for the others that it must have."""
    good = {
        "email": email("alice"),
        "path": str(folder / "notes.zip"),
        "old_database_url": f"sqlite:///{folder}/old.db",
    }
    options, plain = [], []
    for parameter in COMMANDS[name].params:
        given_here = value if parameter.name == absurd else good.get(parameter.name or "", "1")
        if isinstance(parameter, click.Argument):
            plain.append(given_here)
        elif parameter.name == absurd or parameter.required:
            options.append(f"{parameter.opts[0]}={given_here}")
    return [*name.split(), *options, "--", *plain]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@on_sqlite
@pytest.mark.parametrize(("name", "parameter"), PARAMETERS)
@pytest.mark.usefixtures("cast")
def test_an_absurd_argument_is_refused_in_one_sentence(app: Flask, here: Path, name: str, parameter: str) -> None:
    for value in ABSURD:
        check(app, arguments(name, parameter, value, here))


@on_sqlite
@pytest.mark.usefixtures("cast")
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    where=st.sampled_from(PARAMETERS),
    value=st.text(st.characters(exclude_characters="/.", exclude_categories=()), max_size=20),
)
def test_so_is_any_other(app: Flask, here: Path, where: tuple[str, str], value: str) -> None:
    check(app, arguments(*where, value, here))


def check(app: Flask, args: list[str]) -> None:
    result = app.test_cli_runner().invoke(args=args, input="four plain words here\n")
    assert result.exception is None or isinstance(result.exception, SystemExit), (args, result.exc_info)
    assert result.exit_code in {0, 1, 2}, (args, result.output)
    assert "Traceback" not in result.output
    if result.exit_code:
        [line] = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
        assert result.stderr.splitlines()[-1] == line


def test_the_commands_are_those_of_the_product() -> None:
    assert {
        "notes find",
        "notes restore",
        "accounts revoke",
        "database backup",
        "jobs retry",
        "config",
    } <= COMMANDS.keys()
