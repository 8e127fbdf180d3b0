"""A pytest plugin: a test for which this machine lacks a program is skipped, or fails where nothing may be skipped."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pytest

from devtools.programs import MissingProgram


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    with _reported():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    with _reported():
        return (yield)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except MissingProgram as lack:
        (pytest.fail if os.environ.get("NO_SKIPS") == "1" else pytest.skip)(f"NOT TESTED: {lack}")
