"""`flask version` and `flask config`: what is running, for a report of a fault and before an upgrade."""

from __future__ import annotations

import os
import platform

import click
from flask import current_app
from flask.cli import with_appcontext

from app.commands import Command, printable
from app.ops import settings
from app.version import VERSION
from config import ConfigError, server_settings


@click.command("version", cls=Command)
@with_appcontext
def version() -> None:
    """Print the version of this product, its build and the Python it runs on."""
    click.echo(f"{VERSION} (build {current_app.config['BUILD']}, Python {platform.python_version()})")


@click.command("config", cls=Command)
@with_appcontext
def config() -> None:
    """Print every setting that is in force here, and whether it comes from the environment; secrets are hidden."""
    try:
        server = server_settings(os.environ)
    except ConfigError as error:
        raise click.ClickException(str(error)) from None
    for setting in settings.in_force(current_app.config, server, os.environ):
        click.echo(f"{setting.name}: {printable(setting.value)} ({setting.source})")
