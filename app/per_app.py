"""Values that each application has for itself: typed keys of `Flask.extensions`, since tests make many apps at once."""

from __future__ import annotations

from typing import Generic, TypeVar

from flask import Flask, current_app

T = TypeVar("T")


class PerApp(Generic[T]):
    """One value of type T in each application: `set` when the app is created, `get` inside a request or command."""

    def __init__(self, name: str) -> None:
        self._key = f"app.{name}"

    def set(self, app: Flask, value: T) -> None:
        app.extensions[self._key] = value

    def of(self, app: Flask) -> T:
        """Return the value of `app`. Raises LookupError in one whose features never set it."""
        value: T = app.extensions[self._key]
        return value

    def get(self) -> T:
        """Return the value of the current application. Raises LookupError."""
        return self.of(current_app)
