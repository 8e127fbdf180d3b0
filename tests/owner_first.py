"""Whether each statement of the app says whose things it is about, so that one day rows could be split by owner.

conftest.py listens to every test; `tests/test_owner_first.py` shows what is found.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType

from statements import listen

from app.accounts.models import account
from app.notes.models import note
from devtools.processes import ROOT

APP, MECHANISM = f"{ROOT}/app/", f"{ROOT}/app/db/"  # who asks stands above the mechanism, by which tests ask as well
ELSEWHERE = tuple(f"{ROOT}/{folder}/" for folder in ("tests", "devtools", "benchmarks", "migrations"))

OWNER = r"(?:owner_id|account_id)"
# An owner given as a value, not as what another table says.
NAMED = re.compile(rf"\b(?:{OWNER}|account\.id) (?:=|>=|<=|IN|BETWEEN) ?[(:?%\d]", re.IGNORECASE)
INSERTED = re.compile(rf"^INSERT .*?\([^)]*\b{OWNER}\b", re.IGNORECASE | re.DOTALL)

# Pattern => how it would find the place of somebody's rows if they were split, or why it need not.
EXCEPTIONS = {
    r"\b(?:account_session|account_link|api_token)\.digest = ": "all that is known; it would have a table of its own",
    r"\baccount_passkey\.credential_id = ": "the same",
    r"\baccount_identity\.issuer = ": "the same",
    r"\baccount\.email = ": "the same",
    r"^INSERT INTO account \(": "whoever signs up has no rows yet",
    r"^SELECT account\.id FROM account$": "the jobs that go through everybody; they would go through each part",
    r"^SELECT account\.id FROM account LIMIT ": "whether anybody has an account yet",
    r"\bnote_search\b.*\browid\b": "SQLite's index knows a row by one number; SQLite is one file and is not split",
    r"^INSERT INTO note_search \(note_search, rank\) VALUES \('merge'": "the same; its segments belong to nobody",
    r"^OPTIMIZE TABLE note_search$": "each part would be written anew by itself",
    r"^SELECT note\.id FROM account CROSS JOIN note ": "the same, where numbers are given",
    r"\b(?:FROM|UPDATE) job\b": "one list for all processes, apart from what people have; each part would have its own",
    r"^DELETE FROM account_link WHERE account_link\.expires_at <= ": "what is over goes from each part",
    r"\bsearch_rebuild\b": "how far such a job has come",
    r"^PRAGMA main\.table_info\(": "which tables a backup has; of no row",
    r"^SELECT min\(note\.owner_id\)": "that job's step to the next owner",
}


def persons_tables() -> list[str]:
    """What holds a person's things, of the features that were loaded so far."""
    tables = note.metadata.tables.values()
    held = [table.name for table in tables if {"owner_id", "account_id"} & set(table.c.keys())]
    return [*held, account.name, "note_search"]


def names_its_owner(statement: str) -> bool:
    return _names_its_owner(statement, len(note.metadata.tables))  # a feature that is loaded adds its tables


@cache
def _names_its_owner(statement: str, _number: int) -> bool:
    flat = " ".join(statement.split())
    return all(map(_part_names_its_owner, flat.split(" UNION ALL ")))


def _part_names_its_owner(flat: str) -> bool:
    if (
        not re.search(rf"\b(?:{'|'.join(persons_tables())})\b", flat, re.IGNORECASE)
        or NAMED.search(flat)
        or INSERTED.search(flat)
    ):
        return True
    return any(re.search(pattern, flat, re.IGNORECASE) for pattern in EXCEPTIONS)


def sent_by_the_app() -> bool:
    """Whether the nearest code of this project that is on its way is the app's, not a test's or a tool's."""
    frame: FrameType | None = sys._getframe(2)
    while frame:
        file = frame.f_code.co_filename
        if file.startswith(ELSEWHERE) and not file.endswith(("/statements.py", "/owner_first.py")):
            return False
        if file.startswith(APP) and not file.startswith(MECHANISM):
            return True
        frame = frame.f_back
    return False


@contextmanager
def listening() -> Iterator[list[str]]:
    """Yield a list that fills with the app's statements that name no owner."""
    found: list[str] = []

    def hear(statement: str, _parameters: object) -> None:
        if not names_its_owner(statement) and sent_by_the_app():
            found.append(" ".join(statement.split()))

    with listen(hear):
        yield found
