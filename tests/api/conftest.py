"""Programs that come in through the API: Alice's, one of hers that may only read, and Bob's."""

from __future__ import annotations

import pytest
from flask import Flask

from devtools.api_client import Program, token
from devtools.people import Cast


@pytest.fixture
def program(app: Flask, cast: Cast) -> Program:
    """Alice's program."""
    return Program(app.test_client(), token(app, cast["alice"].id))


@pytest.fixture
def reader(app: Flask, cast: Cast) -> Program:
    """A program of Alice's that may only read."""
    return Program(app.test_client(), token(app, cast["alice"].id, "read"))


@pytest.fixture
def of_bob(app: Flask, cast: Cast) -> Program:
    return Program(app.test_client(), token(app, cast["bob"].id))
