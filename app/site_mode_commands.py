"""`flask maintenance`: closing the site, or taking no changes, while it runs."""

from __future__ import annotations

import click

from app import clock, site_mode
from app.commands import CommandGroup

group = CommandGroup("maintenance", help="Closing the site to changes or wholly, for all instances, while it runs.")


@group.command("on")
def close() -> None:
    """Answer every page with a sentence, until `off`. The database may then be stopped: nobody needs it for that."""
    site_mode.set_mode("closed")
    click.echo("The site is closed; `flask maintenance off` opens it.")


@group.command("read-only")
def read_only() -> None:
    """Go on showing everything and answer what would change something with a sentence, until `off`."""
    site_mode.set_mode("read-only")
    click.echo("The site takes no changes; `flask maintenance off` opens it.")


@group.command("off")
def open_again() -> None:
    """Open the site again."""
    site_mode.set_mode("open")
    click.echo("The site is open." if site_mode.current() == "open" else "SITE_MODE still says otherwise.")


@group.command("status")
def status() -> None:
    """Print open, read-only or closed, and since when."""
    mode, since = site_mode.read(), site_mode.since()
    click.echo(f"{mode} since {clock.rfc3339(since)}" if since else mode)
