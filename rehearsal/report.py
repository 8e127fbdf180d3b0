"""What was seen, on one page."""

from __future__ import annotations

from typing import Any


def write(results: dict[str, Any]) -> None:
    """Written next."""
