"""Passwords: which ones are accepted, and how they are kept."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask

from app.per_app import PerApp

# NIST SP 800-63B, section 3.1.1.2: length is what protects, so there is no rule about digits or signs; what is common
# or repeats the address is refused. The upper end only bounds the work that a stranger can ask for.
SHORTEST = 10
LONGEST = 128
DIFFERENT = 4  # characters, so that no sign repeated makes a password

# OWASP's recommendation for argon2id; about 40 ms and 19 MiB for each sign-in.
COST = {"memory_cost": 19456, "time_cost": 2, "parallelism": 1}

# What people choose when ten characters are asked for; shorter ones are refused anyway.
COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())


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
    if plain in {email.casefold(), email.partition("@")[0].casefold()}:
        return "Your address is the first thing that somebody would try. Choose something else."
    if plain in COMMON or len(set(plain)) < DIFFERENT:
        return "This password is among the first that somebody would try. Choose something less common."
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


def _normal(password: str) -> str:
    # One keyboard sends é as one character, another as two.
    return unicodedata.normalize("NFKC", password)


def _bytes(password: str) -> bytes:
    # A terminal may hand over half a character; it must be refused or match, never break.
    return _normal(password).encode("utf-8", "surrogatepass")
