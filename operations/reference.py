"""`make reference`: docs/reference.md, the lists of limits, metrics, alarms and routes, from their sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import hcl2
from flask import Flask
from prometheus_client import REGISTRY

from app import create_app, rate_limits
from app.accounts import passwords, tokens
from app.files import shrink
from app.notes import api_models, drafts, models, queries
from app.web.access import find_access
from config import from_environment

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/reference.md"
SETTINGS = {"APP_ENV": "testing", "SECRET_KEY": "only-for-the-page-of-reference-0123"}


HEAD = """\
# Reference

Written by `make reference` from the sources; a test compares it with them. Settings: [settings.md](settings.md);
commands: [commands.md](commands.md); the API's operations: [openapi.json](openapi.json).
"""
METRICS = """\
Served at `/metrics`, summed over the processes of an instance; and `process_...` of each process, by `pid`. How to
read and collect them: [metrics.md](metrics.md)."""
ALARMS = "The names begin with the composition's name. Causes and what to do: [troubleshooting.md](troubleshooting.md)."
ROUTES = """\
Access: everybody (`public`), health checks (`probe`), addresses in `OPERATOR_NETWORKS` (`operator`), people with a
session (`signed in`), or programs with an API token (scope read or write). Queries return only the caller's data."""


def page() -> str:
    app = create_app(from_environment(SETTINGS))
    sections = [
        _section("Limits", "", ["what", "at most"], _limits(app)),
        _section("Metrics", METRICS, ["name", "kind", "meaning"], _metrics()),
        _section("Alarms on AWS", ALARMS, ["alarm", "watches", "when", "for minutes"], _alarms()),
        _section("Routes", ROUTES, ["route", "methods", "access"], _routes(app)),
    ]
    return "\n".join([HEAD, *sections])


def _section(heading: str, text: str, columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [
        f"## {heading}",
        "",
        *([text, ""] if text else []),
        f"| {' | '.join(columns)} |",
        f"|{'---|' * len(columns)}",
    ]
    lines += [f"| {' | '.join(cell.replace('|', '&#124;') for cell in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _limits(app: Flask) -> Iterable[list[str]]:
    yield ["characters in a title", f"{models.TITLE_LENGTH}"]
    yield ["bytes in a text, as UTF-8", f"{drafts.BODY_BYTES:,}"]
    yield [
        "pixels of a picture that gets a smaller one; and of that one's longer side",
        f"{shrink.MOST_PIXELS:,}; {shrink.EDGE:,}",
    ]
    yield ["tags of a note; characters in each", f"{drafts.TAGS_AT_MOST}; {models.TAG_LENGTH}"]
    yield ["bytes in a request", f"{app.config['MAX_CONTENT_LENGTH']:,}"]
    yield ["items on a page of the API; changes in a batch", f"{api_models.LARGEST_PAGE}; {api_models.LARGEST_BATCH}"]
    yield ["words and characters of a search", f"{queries.WORDS_AT_MOST}; {queries.TYPED_AT_MOST:,}"]
    yield [
        "API tokens of an account; days that one is valid",
        f"{tokens.AT_MOST}; {tokens.DAYS_AT_MOST:,} or unlimited",
    ]
    yield ["characters in a password, at least", f"{passwords.SHORTEST}"]
    period = f"in {rate_limits.PERIOD} minutes"
    yield [f"failed attempts to sign in {period}: one address for one account", f"{rate_limits.PER_EMAIL_AND_CLIENT}"]
    yield [f"the same, from one address for all accounts {period}", f"{rate_limits.PER_CLIENT}"]
    yield [f"the same, for one account from all addresses {period}", f"{rate_limits.PER_EMAIL}"]
    yield [f"sign-ups from one address {period}", f"{rate_limits.SIGN_UPS_PER_CLIENT}"]
    yield [f"failed sign-ins by an identity provider, from one address {period}", f"{rate_limits.ANSWERS_PER_CLIENT}"]


def _metrics() -> Iterable[list[str]]:
    for family in sorted(REGISTRY.collect(), key=lambda family: family.name):
        if not family.name.startswith(("process_", "python_")):  # the library's own, of one process
            name = f"{family.name}_total" if family.type == "counter" else family.name
            yield [f"`{name}`", family.type, family.documentation]


def read_alarms() -> dict[str, dict[str, Any]]:
    """Return the table of alarms as Terraform has it, by name."""
    with (ROOT / "terraform/modules/monitoring/alarms.tf").open() as file:
        table = next(block["table"] for block in hcl2.load(file)["locals"] if "table" in block)
    return {_plain(name): row for name, row in table.items() if name != "__comments__"}


def _alarms() -> Iterable[list[str]]:
    for name, row in read_alarms().items():
        sign = ">" if "over" in str(row["is"]) else "<"
        limit = str(row["limit"]).strip("${}")
        yield [f"`{name}`", _plain(row["text"]), f"{_watched(row)} {sign} {limit}", _duration(row)]


def _watched(row: Mapping[str, Any]) -> str:
    if "metric" in row:
        return f"{_plain(row['stat'])} of `{_plain(row['metric'])}`"
    metrics = {_plain(name): metric for name, metric in row["metrics"].items()}
    where = [f"{name}: {_plain(stat)} of `{_plain(metric)}`" for name, (metric, stat) in metrics.items()]
    return f"`{_plain(row['formula'])}` ({', '.join(where)})"


def _duration(row: Mapping[str, Any]) -> str:
    if "within" in row:
        return f"{row['minutes']} of {row['within']}"
    return f"{row['minutes'] * row.get('period', 60) // 60:,}"


def _plain(value: object) -> str:
    return str(value).strip('"')


def _routes(app: Flask) -> Iterable[list[str]]:
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, sorted(rule.methods or ()))):
        access = find_access(app, rule.endpoint)
        methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
        yield [f"`{rule.rule}`", methods, access.value if access else "none"]


if __name__ == "__main__":
    PAGE.write_text(page())
