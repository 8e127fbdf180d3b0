"""operations/grafana.json, the dashboard for who runs Grafana: each of its expressions is about figures that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache

import pytest
from prometheus_client import REGISTRY

from devtools.processes import ROOT

BOARD = json.loads((ROOT / "operations/grafana.json").read_text())
FUNCTIONS = {"count", "histogram_quantile", "max", "rate", "sum", "time", "topk", "label_values", "by"}


def expressions() -> Iterator[str]:
    yield from (target["expr"] for panel in BOARD["panels"] for target in panel["targets"])
    yield from (one["query"] for one in BOARD["templating"]["list"] if one["type"] == "query")


def named(expression: str) -> tuple[set[str], set[str]]:
    """Return the figures and the labels that an expression names."""
    labels = set(re.findall(r"(\w+)\s*(?:=~|!=|=)", expression))
    labels |= {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", group)}
    labels |= set(re.findall(r"label_values\(\w+, (\w+)\)", expression))
    rest = re.sub(r'"[^"]*"|\[[^\]]*\]|by \([^)]*\)|\b\w+\s*(?=[=!]~?)|, \w+\)', " ", expression)
    return set(re.findall(r"[a-z_]\w+", rest)) - FUNCTIONS - {"instance"}, labels


@cache  # each test that asks has made the same figures before
def labels_of_figures() -> dict[str, set[str]]:
    """Return each figure of /metrics with its labels; a process has a label there that it has not by itself."""
    found: dict[str, set[str]] = {"http_request_seconds_bucket": {"le"}}
    for family in REGISTRY.collect():
        suffixes = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",))
        for suffix in suffixes:
            labels = {label for sample in family.samples for label in sample.labels}
            found.setdefault(f"{family.name}{suffix}", set()).update(labels)
    return found


@pytest.mark.parametrize("expression", [*expressions()])
def test_an_expression_names_figures_and_labels_that_exist(expression: str) -> None:
    from app.accounts import events
    from app.ops import metrics

    metrics.REQUESTS.labels("GET", "/", "200")
    metrics.BUILD.labels("0", "0"), metrics.SECRET_KEY.labels("0"), metrics.POOL_WAITS.labels("turn")
    metrics.POOL_TIMEOUTS.labels("turn"), metrics.POOL_WAITING.labels("turn"), events.COUNTED.labels("sign in", "done")
    (
        metrics.FILES_REFUSED.labels("empty"),
        metrics.FILE_STORE_ERRORS.labels("put"),
        metrics.FILE_STORE_SECONDS.labels("put"),
    )
    figures, labels = named(expression)
    known = labels_of_figures()
    assert figures
    assert figures <= known.keys()
    assert labels <= set().union(*(known[figure] for figure in figures)) | {"instance"}


def test_what_an_expression_names_is_found() -> None:
    expression = 'topk(5, sum by (route, le) (rate(a_seconds_sum{instance=~"$i",status!="5.."}[5m])) / max(b_total))'
    assert named(expression) == ({"a_seconds_sum", "b_total"}, {"route", "le", "instance", "status"})
    assert named("label_values(app_build, instance)") == ({"app_build"}, {"instance"})


def test_saturation_is_on_the_dashboard() -> None:
    figures = set().union(*(named(expression)[0] for expression in expressions()))
    assert figures >= {
        *("http_threads", "http_requests_in_flight", "database_pool_size", "database_pool_checked_out"),
        *("database_pool_waiting", "database_pool_waits_total", "process_resident_memory_bytes", "process_open_fds"),
        *("process_cpu_seconds_total", "process_start_time_seconds", "jobs_waiting", "jobs_late_seconds"),
        *("database_clock_difference_seconds", "database_schema_revision", "app_build"),
    }


def test_no_two_panels_overlap() -> None:
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in BOARD["panels"]]
    assert len(set(places)) == len(places) == len({panel["id"] for panel in BOARD["panels"]})
