"""`flask accounts`: making accounts and setting passwords from the command line."""

from __future__ import annotations

import sys

import click

from app.accounts import factors, service, tokens
from app.commands import CommandGroup

group = CommandGroup("accounts", help="People who may sign in.")


@group.command("create")
@click.argument("email")
def create(email: str) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    made = service.create(email, _password())
    click.echo(f"{made.email} can sign in now.")


@group.command("set-password")
@click.argument("email")
def set_password(email: str) -> None:
    """Set a new password, and sign the person out everywhere."""
    service.set_password(email, _password())
    click.echo(f"{email} has a new password and was signed out everywhere.")


@group.command("reset-factors")
@click.argument("email")
def reset_factors(email: str) -> None:
    """Remove somebody's second factors and recovery codes: the answer to a lost phone, once you know who asks."""
    number = factors.reset(service.find(email).id)
    click.echo(f"{number} {'factor' if number == 1 else 'factors'} removed; the password alone opens the account now.")


@group.command("token")
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--scope", type=click.Choice(tokens.SCOPES), default="read", show_default=True)
@click.option("--days", type=click.IntRange(1, tokens.DAYS_AT_MOST), help="How long it is valid; for ever by default.")
def token(email: str, name: str, scope: str, days: int | None) -> None:
    """Make a token for the API and print it, this once."""
    made = tokens.create(service.find(email).id, name, scope, days)
    allowed = "It may read and write." if scope == "write" else "It may only read; --scope write lets it write."
    click.echo(allowed, err=True)
    click.echo(made)


def _password() -> str:
    # Never an argument: those can be read by everybody on the machine (ps) and stay in the shell's history.
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
