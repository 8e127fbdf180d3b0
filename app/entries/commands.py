"""`flask entries`: the table of entries for development."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

import click
from flask import current_app

from app.commands import CommandGroup
from app.entries import service
from app.errors import Unavailable

if TYPE_CHECKING:
    from app.entries.dynamo import DynamoStore

group = CommandGroup("entries", help="Entries: eight digits and a username.")


@group.command("create-table")
def create_table() -> None:
    """Create the table in an emulated DynamoDB (AWS_ENDPOINT_URL); the real one is made by Terraform."""
    if current_app.config["ENTRIES_STORE"] == "sql":
        raise click.ClickException("These entries are kept in SQL; `flask db upgrade` makes their table.")
    store = cast("DynamoStore", service.store.get())
    if (urlsplit(store.client.meta.endpoint_url).hostname or "").endswith(("amazonaws.com", "amazonaws.com.cn")):
        raise click.ClickException("Set AWS_ENDPOINT_URL to an emulator; the table in AWS is made by Terraform.")
    try:
        made = store.create_table()
    except Unavailable:
        raise click.ClickException("DynamoDB does not answer.") from None
    click.echo(f"{store.table} {'was created' if made else 'is there already'}.")
