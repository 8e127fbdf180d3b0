"""On which databases a test runs: marks for those that do not run on every one, and parameters for fixtures."""

from __future__ import annotations

import pytest

from devtools.databases import ENGINES

SERVERS = [pytest.param(name, marks=pytest.mark.server) for name in ENGINES]
EVERY_DATABASE = ["sqlite", *SERVERS]

on_servers = pytest.mark.parametrize("database_url", SERVERS, indirect=True)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
