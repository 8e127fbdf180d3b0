"""The series of /metrics: bounded in number, named by the conventions, each from the state it is of."""

from __future__ import annotations

import random
import string

import pytest
from flask import Flask
from flask.testing import FlaskClient
from on_databases import on_servers, on_sqlite
from prometheus_client import REGISTRY
from werkzeug.routing import Rule

from app import clock
from app.db import health

METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "PROPFIND")
LEAVES = {"/sign-out", "/account/delete"}


def series() -> set[tuple[str, tuple[tuple[str, str], ...]]]:
    samples = (sample for family in REGISTRY.collect() for sample in family.samples)
    return {(sample.name, tuple(sorted(sample.labels.items()))) for sample in samples}


def paths(app: Flask, seed: int) -> list[str]:
    """Return a path of every route with values of its own."""
    chance = random.Random(seed)

    def fill(rule: Rule) -> str:
        words = {name: "".join(chance.choices(string.ascii_lowercase, k=8)) for name in rule.arguments}
        numbers = {name: chance.randrange(10**6) for name in rule.arguments}
        with app.test_request_context():
            built = rule.build(numbers, append_unknown=False) or rule.build(words, append_unknown=False)
        return built[1] if built else rule.rule

    return [fill(rule) for rule in app.url_map.iter_rules() if rule.rule not in LEAVES]


@pytest.mark.slow
@on_sqlite
def test_what_is_asked_for_with_other_values_makes_no_series(app: Flask, alice: FlaskClient) -> None:
    def visit(seed: int) -> None:
        for path in paths(app, seed):
            for method in METHODS:
                alice.open(f"{path}?q={seed}", method=method)

    visit(1)
    before = series()
    visit(2)
    assert series() == before
    # Of each: the buckets, their sum, their number, and when it began.
    requests = {labels for name, labels in before if name == "http_request_seconds_count"}
    assert len(requests) < len(list(app.url_map.iter_rules())) * 8


def test_what_only_rises_ends_in_total_and_nothing_else_does() -> None:
    names = {sample.name: family.type for family in REGISTRY.collect() for sample in family.samples}
    assert {name for name, kind in names.items() if name.endswith("_total") and kind != "counter"} == set()
    counted = {name for name, kind in names.items() if kind == "counter" and not name.endswith("_created")}
    assert {name for name in counted if not name.endswith("_total")} == set()
    assert {"database_pool_waits_total", "database_pool_timeouts_total"} <= counted


@on_servers
def test_a_clock_that_is_off_is_seen(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.now_us
    with app.app_context():
        monkeypatch.setattr(clock, "now_us", lambda: now() + 600 * clock.SECOND)
        health.check()
    assert REGISTRY.get_sample_value("database_clock_difference_seconds") == pytest.approx(600, abs=5)


@on_sqlite
def test_the_schema_and_the_one_that_is_wanted_are_figures(app: Flask) -> None:
    text = app.test_client().get("/metrics").text
    assert f"database_schema_revision {float(health.WANTED)}" in text
    assert f"database_schema_revision_wanted {float(health.WANTED)}" in text
