"""`flask version`: what is running, for a report of a fault and before an upgrade."""

from __future__ import annotations

import platform

import click
from flask import current_app
from flask.cli import with_appcontext

from app.version import VERSION


@click.command("version")
@with_appcontext
def version() -> None:
    """Print the version of this product, its build and the Python it runs on."""
    click.echo(f"{VERSION} (build {current_app.config['BUILD']}, Python {platform.python_version()})")
