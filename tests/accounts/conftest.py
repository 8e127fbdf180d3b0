"""The identity provider by which people sign in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from devtools import identity_provider
from devtools.identity_provider import IdentityProvider
from devtools.people import email


@pytest.fixture(scope="session")
def running_provider() -> Iterator[IdentityProvider]:
    with identity_provider.running() as started:
        yield started


@pytest.fixture
def provider(running_provider: IdentityProvider) -> IdentityProvider:
    """The provider, at which Alice and Dora have verified addresses."""
    running_provider.change = running_provider.key = None
    running_provider.is_down = False
    running_provider.header = {"alg": "RS256"}
    for name in ("alice", "dora"):
        running_provider.add_person(name, email=email(name), email_verified=True)
    running_provider.asked.clear()
    return running_provider
