"""`flask files`: whether all content is there and as it was, and what is over removed now."""

from __future__ import annotations

import click

from app.commands import CommandGroup, printable
from app.files import checking, collecting

group = CommandGroup("files", help="What people added to their notes.")


@group.command("check")
@click.option("--repair", is_flag=True, help="Remove what belongs to no file, and count totals again.")
def check(repair: bool) -> None:
    """Read all content and compare it with its SHA-256. Ends with 1 where something is missing, changed or withheld."""
    report = checking.check(repair=repair)
    for fault in report.faults:
        click.echo(f"{fault.what}: file {fault.file.id} of account {fault.file.owner_id}, {printable(fault.file.name)}")
    verb = "removed" if repair else "found"
    click.echo(
        f"{report.files:,} files read, {len(report.faults):,} of them missing, changed or withheld;"
        f" {report.orphans:,} contents without a file {verb}; {report.totals:,} totals"
        f" {'put right' if repair else 'wrong'}."
    )
    if report.faults:
        raise click.exceptions.Exit(1)


@group.command("clear")
def clear() -> None:
    """Delete now what no note has mentioned for thirty days, and content that belongs to no file for a day."""
    collected = collecting.collect()
    click.echo(f"{collected.files:,} files and {collected.orphans:,} contents without a file are gone for good.")
