"""Passwords: which ones are accepted, and how they are kept."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, current_app, has_app_context
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from app.per_app import PerApp

# NIST SP 800-63B, section 3.1.1.2: length is what protects, so there is no rule about digits or signs; what is common
# or made of the address or the site's name is refused. The upper end only bounds the work that a stranger can ask for.
SHORTEST = 10
LONGEST = 128
DIFFERENT = 4  # characters, so that no sign repeated makes a password

# OWASP's recommendation for argon2id; about 40 ms and 19 MiB for each sign-in.
COST = {"memory_cost": 19456, "time_cost": 2, "parallelism": 1}

# The 30,000 passwords that were seen most often in leaks, as zxcvbn has them. Most are shorter than ten characters:
# people add a few to such a word when ten are asked for.
COMMON = frozenset(FREQUENCY_LISTS["passwords"])
ADDED = 4  # characters beside a common word that make it no better
SITE = {"notes", "entries", "administrator"}  # what everybody would try here
SHORTEST_WORD = 3  # of an address that is looked for in a password

# A hash that no password has, at the same cost: an unknown address is answered as late as a known one.
NOBODYS = "$argon2id$v=19$m={0.memory_cost},t={0.time_cost},p={0.parallelism}$" + "A" * 22 + "$" + "A" * 43


_hasher: PerApp[PasswordHasher] = PerApp("password_hasher")


def init_app(app: Flask) -> None:
    _hasher.set(app, PasswordHasher(**app.config.setdefault("PASSWORD_HASH_COST", COST)))


def fault(password: str, email: str) -> str | None:
    """Return the sentence that says why this cannot be a password, None when it can."""
    if len(_normal(password)) < SHORTEST:
        return f"A password has at least {SHORTEST} characters. Three or four words do well."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    plain = _normal(password).casefold()
    rest = _without(plain, _context(email))
    if rest != plain and (len(rest) <= ADDED or _is_common(rest)):
        return "It contains your address or the name of this site, which are easy to guess. Choose something else."
    if _is_common(_repeated(plain)) or _is_sequence(plain) or len(set(plain)) < DIFFERENT:
        return "It is on a list of common passwords. Choose something less common."
    return None


def hash_password(password: str) -> str:
    """Return what is kept of a password. Slow on purpose: give the database connection back before."""
    return _hasher.get().hash(_bytes(password))


def matches(password: str, stored: str | None) -> bool:
    """Return whether this is the password; it takes as long as `hash_password`, also when nothing is `stored`."""
    hasher = _hasher.get()
    try:
        hasher.verify(stored or NOBODYS.format(hasher), _bytes(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None and len(password) <= LONGEST


def is_outdated(stored: str) -> bool:
    """Return whether the hash was made at another cost than today's."""
    return _hasher.get().check_needs_rehash(stored)


def _context(email: str) -> set[str]:
    """Return the words of the address and the site's name, which are easy to guess."""
    host = urlsplit(current_app.config["PUBLIC_URL"]).hostname if has_app_context() else ""
    words = SITE | {email.casefold()}
    for name in (email.casefold(), host or ""):
        words |= set(re.split(r"[\W_]+", name))
    return {word for word in words if len(word) >= SHORTEST_WORD}


def _without(plain: str, words: set[str]) -> str:
    for word in sorted(words, key=len, reverse=True):
        plain = plain.replace(word, "")
    return plain


def _is_common(plain: str) -> bool:
    """Whether this is a common password, or one with a few characters before or behind it."""
    return any(
        plain[before : len(plain) - behind] in COMMON
        for before in range(ADDED + 1)
        for behind in range(ADDED + 1 - before)
    )


def _repeated(plain: str) -> str:
    """Return what a password repeats, itself when it repeats nothing."""
    return plain[: (plain + plain).find(plain, 1)]


def _is_sequence(plain: str) -> bool:
    """Whether each character stands as far from the one before it, such as in "abcdefghij"."""
    return len({ord(after) - ord(before) for before, after in pairwise(plain)}) == 1


def _normal(password: str) -> str:
    # One keyboard sends é as one character, another as two.
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # A terminal may send half a character (a surrogate); it must be refused or not match, without an error.
    return _normal(password).encode("utf-8", "surrogatepass")
