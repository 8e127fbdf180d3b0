"""Clients of the API: Alice's, one of hers that may only read, and Bob's."""

from __future__ import annotations

import pytest
from flask import Flask

from devtools.api_client import ApiClient
from devtools.people import Cast, create_token


@pytest.fixture
def api(app: Flask, cast: Cast) -> ApiClient:
    """Alice's client."""
    return ApiClient(app.test_client(), create_token(app, cast["alice"].id))


@pytest.fixture
def reader(app: Flask, cast: Cast) -> ApiClient:
    """A client of Alice's that may only read."""
    return ApiClient(app.test_client(), create_token(app, cast["alice"].id, "read"))


@pytest.fixture
def of_bob(app: Flask, cast: Cast) -> ApiClient:
    return ApiClient(app.test_client(), create_token(app, cast["bob"].id))
