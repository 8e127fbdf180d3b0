"""`flask accounts`: making accounts and setting passwords from the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup

from app.accounts import service
from app.errors import AppError

group = AppGroup("accounts", help="People who may sign in.")


@group.command("create")
@click.argument("email")
def create(email: str) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    with _refusals():
        made = service.create(email, _password())
    click.echo(f"{made.email} can sign in now.")


@group.command("set-password")
@click.argument("email")
def set_password(email: str) -> None:
    """Set a new password, and sign the person out everywhere."""
    with _refusals():
        service.set_password(email, _password())
    click.echo(f"{email} has a new password and was signed out everywhere.")


def _password() -> str:
    # Never an argument: those can be read by everybody on the machine (ps) and stay in the shell's history.
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except AppError as error:
        raise click.ClickException(error.message) from None
