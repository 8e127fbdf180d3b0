"""Checking: whether all content is in the store as it was given to it, and nothing else is."""

from __future__ import annotations

import hashlib
from contextlib import closing
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select

from app import clock, db
from app.accounts.models import account
from app.files import service
from app.files.claims import delete_content
from app.files.collecting import DAYS_ORPHANED, find_orphans
from app.files.rows import File
from app.files.store import Missing, Withheld
from app.files.totals import count_again, is_miscounted


@dataclass(frozen=True, slots=True)
class Fault:
    what: Literal["missing", "changed", "withheld"]
    file: File


@dataclass(slots=True)
class Report:
    """`files` were read; `orphans` are contents without a file, `totals` those that were counted wrong."""

    files: int = 0
    faults: list[Fault] = field(default_factory=list)
    orphans: int = 0
    totals: int = 0


def check(*, repair: bool) -> Report:
    """Read everything. With `repair`, remove orphans and put totals right; what is lost has to come from a backup."""
    report = Report()
    for owner in db.read(select(account.c.id)).scalars().all():
        for one in service.each(owner):
            report.files += 1
            if fault := find_fault(one):
                report.faults.append(Fault(fault, one))
        report.totals += count_again(owner) if repair else is_miscounted(owner)
    for owner, contents in find_orphans(clock.now_us() - DAYS_ORPHANED * clock.DAY):
        report.orphans += delete_content(owner, contents) if repair else len(contents)
    return report


def find_fault(of: File) -> Literal["missing", "changed", "withheld"] | None:
    digest = hashlib.sha256()
    try:
        with closing(service.open_content(of, 0, of.size + 1)) as stream:
            for chunk in stream:
                digest.update(chunk)
    except Missing:
        return "missing"
    except Withheld:
        return "withheld"
    return None if digest.digest() == of.sha256 else "changed"
