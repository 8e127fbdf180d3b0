"""What can be done with entries, and the rules of a username and a number: the one place where they stand."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from app.entries.store import SUFFIX, TIMESTAMP, Entry, Store, timestamp
from app.errors import Invalid, NotFound
from app.idempotency import check_key
from app.per_app import PerApp
from app.web.clients import network

store: PerApp[Store] = PerApp("entries")

LONGEST_USERNAME = 32
USERNAME_RULE = f"1 to {LONGEST_USERNAME} letters, digits, dots, hyphens or underscores; a letter or digit first."
NUMBER_RULE = "Exactly eight digits, 0 to 9."
# As pages print a number, and people write one: a space or a hyphen between two digits.
GROUPED = r"(?:[0-9][ \u00a0\u202f\-]?){7}[0-9]"

# Entries in fifteen minutes: of one address, behind which there may be an office, and of all together.
PER_ADDRESS = 60
TOGETHER = 6000

PAGE = 10
LARGEST_PAGE = 100
LOOKED_BACK = 20


@dataclass(frozen=True, slots=True)
class Page:
    """Entries, newest first; `older` is the cursor of those that follow, None at the end."""

    entries: Sequence[Entry]
    older: str | None


def add(username: str, number: str, *, client: str, key: str | None = None) -> Entry:
    """Keep an entry sent by the address `client`. Raises Invalid, TooMany.

    What is sent again with the `key` of the first time is not kept twice.
    """
    if key is not None:
        check_key(key)
    username = tidy_username(username)
    faults = {} if is_username(username) else {"username": f"Use {USERNAME_RULE}"}
    if not re.fullmatch("[0-9]{8}", number):
        faults["number"] = _number_fault(number)
    if faults:
        raise Invalid(faults)
    suffix = _suffix(key, username, number)
    if suffix and (sent_before := _with_suffix(username, suffix)):
        return sent_before
    _store().count({f"address {network(client)}": PER_ADDRESS, "together": TOGETHER})
    return _add(username, number, suffix)


def latest() -> Entry | None:
    return _store().latest()


def recent(limit: int = PAGE, before: str | None = None) -> Page:
    """Return a page of what everybody sent. Raises Invalid for a limit or cursor that cannot be."""
    _check(limit, before)
    return _page(_store().recent(limit + 1, before), limit)


def of(username: str, limit: int = PAGE, before: str | None = None) -> Page:
    """Return a page of what one person sent. Raises NotFound for a name that is not allowed, Invalid as `recent`."""
    username = tidy_username(username)
    if not is_username(username):
        raise NotFound("Nobody can have this name.")
    _check(limit, before)
    return _page(_store().of(username, limit + 1, before), limit)


def tidy_username(typed: str) -> str:
    """Return the name in the form in which it is kept: one way of writing an accent, no spaces around."""
    return unicodedata.normalize("NFC", typed).strip()


def ungroup(typed: str) -> str:
    """Return the digits of a number that was typed in groups, such as `1234 5678`; anything else as it is."""
    return re.sub("[^0-9]", "", typed) if re.fullmatch(GROUPED, typed.strip()) else typed


def is_username(name: str) -> bool:
    """Letters and digits of every script, with the marks that belong to them."""
    kinds = [unicodedata.category(letter)[0] for letter in name]
    return (
        1 <= len(name) <= LONGEST_USERNAME
        and kinds[0] in "LN"
        and all(kind in "LMN" or letter in "._-" for letter, kind in zip(name, kinds, strict=True))
    )


def _number_fault(number: str) -> str:
    if not number:
        return "Type the number: eight digits, 0 to 9."
    if re.fullmatch("[0-9]+", number):
        return f"The number must have eight digits; this has {len(number)}."
    return "Type only digits, 0 to 9: eight of them, without signs."


def _add(username: str, number: str, suffix: str | None) -> Entry:
    while True:
        entry = Entry(username, number, timestamp(suffix))
        if _store().add(entry):
            return entry


def _suffix(key: str | None, username: str, number: str) -> str | None:
    """Return the end of the timestamp that tells an entry sent twice from another one."""
    return hashlib.sha256(repr((key, username, number)).encode()).hexdigest()[:SUFFIX] if key else None


def _with_suffix(username: str, suffix: str) -> Entry | None:
    newest = _store().of(username, LOOKED_BACK)
    return next((entry for entry in newest if entry.timestamp.endswith(suffix)), None)


def _check(limit: int, before: str | None) -> None:
    if not 1 <= limit <= LARGEST_PAGE:
        raise Invalid({"limit": f"The limit must be a whole number from 1 to {LARGEST_PAGE}."})
    if before is not None and not TIMESTAMP.fullmatch(before):
        raise Invalid({"cursor": "This is no cursor that a page of entries has given."})


def _page(found: Sequence[Entry], limit: int) -> Page:
    """Return the page of what was found: one more than it shows, which tells whether there is another page."""
    return Page(found[:limit], found[limit - 1].timestamp if len(found) > limit else None)


def _store() -> Store:
    return store.get()
