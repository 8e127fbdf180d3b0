"""What the apps of a process compile alike: addresses, statements, templates. Each app of a test would do it anew.

Only work that gives the same result is left out: whatever the result depends on is part of the key.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import CodeType
from typing import Any

import pytest
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

COMPILED = ("_parts", "_trace", "_converters", "arguments")
BUILDERS = ("_build", "_build_unknown")
STATEMENTS = 5000  # a worker meets about a thousand on each database


@contextmanager
def routes() -> Iterator[None]:
    """Let the apps share what werkzeug compiles of each address: it is more than half of making an app."""
    compile_rule = Rule.compile
    compiled: dict[tuple[object, ...], dict[str, Any]] = {}

    def compile_once(rule: Rule) -> None:
        url_map = rule.map
        assert url_map is not None
        key: tuple[object, ...] = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults))
        key += url_map.host_matching, tuple(url_map.converters.items())
        if key not in compiled:
            compile_rule(rule)
            found = {name: getattr(rule, name) for name in COMPILED}
            compiled[key] = found | {name: getattr(rule, name).__func__ for name in BUILDERS}
        for name, value in compiled[key].items():
            setattr(rule, name, value.__get__(rule) if name in BUILDERS else value)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "compile", compile_once)
        yield


class Statements(LRUCache[Any, Any]):
    """Compiled statements of all engines; SQLAlchemy keeps those of each engine apart, by its dialect."""

    def get(self, key: Any, default: Any = None) -> Any:
        return super().get(_kind_of_database(key), default)

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(_kind_of_database(key), value)


class Templates(BytecodeCache):
    """Compiled templates of all apps, by name and source."""

    def __init__(self) -> None:
        self.compiled: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.compiled.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key, bucket.checksum] = bucket.code


def _kind_of_database(key: tuple[Any, ...]) -> tuple[object, ...]:
    """Return the key with what dialects differ in, in place of the dialect itself."""
    dialect, *rest = key
    version = getattr(dialect, "server_version_info", None)  # unknown before the first connection
    return type(dialect), dialect.paramstyle, getattr(dialect, "is_mariadb", None), version, *rest


@contextmanager
def statements() -> Iterator[None]:
    """Let the engines share their compiled statements."""
    shared = Statements(STATEMENTS)
    with pytest.MonkeyPatch.context() as patch:
        # Each engine sets its own when it is made; that one is dropped.
        cache = property(lambda _engine: shared, lambda _engine, _own: None)
        patch.setattr(Engine, "_compiled_cache", cache, raising=False)
        yield
