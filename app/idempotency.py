"""Idempotency keys: what makes sending twice harmless; chosen by the sender, remembered by us."""

from __future__ import annotations

import re

from app.errors import Invalid

KEY = re.compile("[ -~]{1,64}")


def is_key(key: str) -> bool:
    return KEY.fullmatch(key) is not None


def check_key(key: str) -> None:
    """Raise Invalid for what no key can be."""
    if not is_key(key):
        raise Invalid({"key": "A key has 1 to 64 printable ASCII characters."})
