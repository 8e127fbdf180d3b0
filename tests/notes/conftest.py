"""Two owners of notes, inside an application context."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import insert, select

from app import columns, database
from app.accounts.models import account


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def owner(context: Flask) -> int:
    return _account("owner@example.org")


@pytest.fixture
def stranger(context: Flask) -> int:
    return _account("stranger@example.org")


def _account(email: str) -> int:
    person = {"email": email, "password_hash": "", "created_at": columns.now()}
    database.connection().execute(insert(account), person)
    found: int = database.read(select(account.c.id).where(account.c.email == email)).scalar_one()
    return found
