"""Hears which statements reach the database, by whichever way they go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Engine, event

from app.db import prepared
from app.db.request_connection import RequestConnection


@contextmanager
def listen(hear: Callable[[str, Any], object]) -> Iterator[None]:
    """Call `hear` with each statement that is sent meanwhile, and its parameters, before it is sent."""

    def before(_connection: Connection, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        hear(statement, parameters)

    def straight(use: RequestConnection, statement: str, parameters: Any) -> Any:
        hear(statement, parameters)
        return through(use, statement, parameters)

    through = prepared.execute_on_driver
    event.listen(Engine, "before_cursor_execute", before)
    try:
        with patch.object(prepared, "execute_on_driver", straight):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", before)


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """Yield a list that fills with the statements sent meanwhile, and their parameters."""
    sent: list[tuple[str, Any]] = []
    with listen(lambda statement, parameters: sent.append((statement, parameters))):
        yield sent
