"""`flask accounts`: what an operator does for the people who may sign in, and what is to be seen of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click
from sqlalchemy import Row

from app import clock
from app.accounts import actors, deletion, events, factors, service, sessions, tokens
from app.commands import CommandGroup, printable

group = CommandGroup("accounts", help="People who may sign in.")


@group.command("create")
@click.argument("email")
def create(email: str) -> None:
    """Make an account; the password is asked for, or read from standard input."""
    made = service.create(email, _password())
    click.echo(f"{made.email} can sign in now.")


@group.command("set-password")
@click.argument("email")
@click.option("--revoke-tokens", is_flag=True, help="End the API tokens, too; they live on otherwise.")
def set_password(email: str, revoke_tokens: bool) -> None:
    """Set a new password and end all sessions; say what else opens the account, which lives on."""
    person = service.set_password(email, _password(), revoke_tokens=revoke_tokens)
    click.echo(f"{person.email} has a new password, and all sessions have ended.")
    _say_what_lives_on(person.id)


@group.command("reset-factors")
@click.argument("email")
def reset_factors(email: str) -> None:
    """Remove the second factors and recovery codes of an account, after a lost phone. First make sure who asks."""
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
    allowed = (
        "It may read and write." if scope == "write" else "It may only read; use --scope write for one that may write."
    )
    click.echo(allowed, err=True)
    click.echo(made)


@group.command("list")
@click.option("--suspended", "only_suspended", is_flag=True, help="Only those that are suspended.")
def list_(only_suspended: bool) -> None:
    """Print id, address, day of creation and state of every account."""
    for row in _every_account():
        if row.suspended_at or not only_suspended:
            created = clock.to_date(row.created_at)
            click.echo(f"{row.id}  {row.email}  {created}{'  suspended' if row.suspended_at else ''}")


def _every_account() -> Iterator[Row[Any]]:
    after = 0
    while rows := service.list_accounts(after):
        yield from rows
        after = rows[-1].id


@group.command("show")
@click.argument("email")
def show(email: str) -> None:
    """Print what is known about an account, and its ten newest events; no secret is among it."""
    person = service.find(email)
    row = service.list_accounts(person.id - 1)[0]
    state = f"suspended since {_time(clock.to_datetime(row.suspended_at))}" if row.suspended_at else "open"
    due = deletion.due_on(person.id)
    facts = {
        "account": f"{row.id} {row.email}",
        "state": state,
        "created": _time(clock.to_datetime(row.created_at)),
        "verified": _time(clock.to_datetime(row.verified_at)) if row.verified_at else "no",
        "deletion": _time(due) if due else "not asked for",
        "sessions": len(sessions.list_sessions(person.id, "")),
        "second factors": len(factors.list_factors(person.id)),
        "opened by": ", ".join(["the password", *service.list_ways_in(person.id)]),
    }
    for name, fact in facts.items():
        click.echo(f"{name}: {fact}")
    for event in events.list_events(person.id, 10):
        result = f": {event.result}" if event.result else ""
        click.echo(f"{_time(event.at)}  {event.description}{result}, from {event.client}")


@group.command("suspend")
@click.argument("email")
def suspend(email: str) -> None:
    """End the sessions of an account, and refuse sign-ins and API tokens until it is resumed. Its data stay."""
    person = service.find(email)
    service.suspend(person.id)
    click.echo(f"{person.email} is suspended: no sign-in, no session, no API token until `flask accounts resume`.")
    if due := deletion.due_on(person.id):
        click.echo(
            f"It is still deleted on {due:%-d %B %Y}, as was asked for; `flask accounts delete --call-off` keeps it."
        )


@group.command("resume")
@click.argument("email")
def resume(email: str) -> None:
    """End a suspension: the account can be used again."""
    person = service.find(email)
    service.resume(person.id)
    click.echo(f"{person.email} can sign in again.")
    _say_what_lives_on(person.id)


@group.command("sessions")
@click.argument("email")
def list_sessions(email: str) -> None:
    """Print the sessions of an account, last used first."""
    for one in sessions.list_sessions(service.find(email).id, ""):
        times = f"seen {_time(one.seen)}  since {_time(one.started)}"
        click.echo(f"{one.id[: actors.SHORT_ID]}  {times}  {one.client}  {printable(one.device)}")


@group.command("tokens")
@click.argument("email")
def list_tokens(email: str) -> None:
    """Print the API tokens of an account, newest first, without the tokens themselves, which are not stored."""
    for one in tokens.list_tokens(service.find(email).id):
        used = f"used {_time(one.used)}" if one.used else "never used"
        ends = f"{'expired' if one.has_expired else 'expires'} {_time(one.expires)}" if one.expires else "no end"
        click.echo(f"{one.id}  {one.scope}  {used}  {ends}  {one.name}")


@group.command("revoke")
@click.argument("email")
@click.argument("token_id", type=int, required=False)
@click.option("--all", "all_of_them", is_flag=True, help="All tokens of the account.")
def revoke(email: str, token_id: int | None, all_of_them: bool) -> None:
    """End an API token, by its number in `flask accounts tokens`, or all of them."""
    if (token_id is None) == (not all_of_them):
        raise click.UsageError("Name a token by its number, or give --all.")
    person = service.find(email)
    if token_id is not None:
        tokens.revoke(person.id, token_id)
    number = tokens.revoke_all(person.id) if token_id is None else 1
    click.echo(f"{number} {'token' if number == 1 else 'tokens'} revoked.")


@group.command("sign-out")
@click.argument("email")
@click.option("--session", "beginning", metavar="ID", help="Only this one of `flask accounts sessions`.")
def sign_out(email: str, beginning: str | None) -> None:
    """End all sessions of an account, or one; print what else still opens the account."""
    person = service.find(email)
    number = service.sign_out(person.id) if beginning is None else 1
    if beginning is not None:
        service.end_session(person.id, _full_session_id(person.id, beginning))
    click.echo(f"{number} {'session' if number == 1 else 'sessions'} ended.")
    _say_what_lives_on(person.id)


def _full_session_id(account_id: int, beginning: str) -> str:
    found = [one.id for one in sessions.list_sessions(account_id, "") if one.id.startswith(beginning)]
    if len(found) != 1:
        raise click.UsageError(f"{len(found) or 'No'} sessions begin with {printable(beginning)}.")
    return found[0]


@group.command("delete")
@click.argument("email")
@click.option("--now", is_flag=True, help="At once, not in seven days. Nobody brings it back but a backup.")
@click.option("--call-off", is_flag=True, help="Keep an account whose deletion was asked for.")
@click.option("--yes", is_flag=True, help="Do not ask for the address once more.")
def delete(email: str, now: bool, call_off: bool, yes: bool) -> None:
    """Delete an account with everything of it in seven days, in which it can be called off."""
    if now and call_off:
        raise click.UsageError("Either --now or --call-off.")
    person = service.find(email)
    if call_off:
        deletion.call_off(person.id)
        click.echo(f"{person.email} stays.")
        return
    if not yes and click.prompt("Type the address again to have it deleted") != person.email:
        raise click.ClickException("That is another address. Nothing was changed.")
    if now:
        deletion.delete_now(person.id)
        click.echo(f"{person.email} and everything of it is deleted. Backups forget it as they are rotated.")
        return
    deletion.ask(person)
    click.echo(f"{person.email} will be deleted on {deletion.due_on(person.id):%-d %B %Y}; all sessions have ended.")
    _say_what_lives_on(person.id)


def _say_what_lives_on(account_id: int) -> None:
    if ways := service.list_ways_in(account_id):
        click.echo(f"Still good: {', '.join(ways)}. `flask accounts revoke EMAIL --all` ends tokens.")


def _time(when: datetime) -> str:
    return f"{when:%Y-%m-%d %H:%M} UTC"


def _password() -> str:
    # Never an argument: those can be read by everybody on the machine (ps) and stay in the shell's history.
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    return sys.stdin.readline().rstrip("\r\n")
