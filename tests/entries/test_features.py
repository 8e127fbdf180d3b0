"""What a process does not serve, it does not register, open or load."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from app.web.access import find_access
from config import ConfigError, from_environment
from devtools import dynamodb

ROOT = Path(__file__).parents[2]
KEY = "0123456789abcdef" * 4

LOADED = """
import json, sys
import crudapp
routes = sorted({rule.rule for rule in crudapp.app.url_map.iter_rules()})
print(json.dumps({"modules": sorted(sys.modules), "routes": routes}))
"""


def loaded(**environ: str) -> tuple[set[str], set[str]]:
    """Return the modules and the routes of a process that is started with `environ`."""
    given = {"SECRET_KEY": KEY, "PATH": os.environ["PATH"], "DATABASE_URL": "sqlite:////proc/none.db"} | environ
    ran = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, env=given, capture_output=True, check=True, text=True
    )
    found = json.loads(ran.stdout)
    return set(found["modules"]), set(found["routes"])


def test_entries_on_dynamodb_load_no_sql_and_no_notes() -> None:
    modules, routes = loaded(FEATURES="entries", ENTRIES_STORE="dynamodb", **dynamodb.CREDENTIALS)
    assert not {"sqlalchemy", "alembic", "pymysql", "sqlite3", "app.notes", "app.accounts"} & modules
    assert not {"authlib", "joserfc", "app.accounts.provider"} & modules
    assert not any(route.startswith(("/notes", "/sign-in", "/account", "/tasks")) for route in routes)
    assert {"/", "/entries", "/api/v1/entries", "/readyz"} <= routes


@pytest.mark.slow
def test_entries_in_sql_do_not_load_boto3() -> None:
    modules, routes = loaded(FEATURES="notes,entries")
    assert not {"boto3", "botocore"} & modules
    assert {"/notes", "/entries"} <= routes


@pytest.mark.slow
def test_a_provider_is_loaded_by_who_signs_in_by_it_and_by_nobody_before() -> None:
    secrets = {"OIDC_ISSUER": "https://accounts.example", "OIDC_CLIENT_ID": "notes", "OIDC_CLIENT_SECRET": "a secret"}
    modules, routes = loaded(FEATURES="notes", PUBLIC_URL="https://notes.example", **secrets)
    assert not {"authlib", "joserfc"} & modules
    assert "/sign-in/provider" in routes


@pytest.mark.slow
def test_notes_alone_have_no_entries() -> None:
    modules, routes = loaded(FEATURES="notes", ENTRIES_STORE="dynamodb")
    assert not {"boto3", "app.entries"} & modules
    assert not any("entries" in route for route in routes)


USED = """
import crudapp
client = crudapp.app.test_client()
assert client.get("/").status_code == 200
assert client.post("/api/v1/entries", json={"username": "alice", "number": "12345678"}).status_code == 201
print([line.split()[1] for line in open("/proc/self/status") if line.startswith("VmRSS")][0])
"""


@pytest.mark.server
def test_entries_on_dynamodb_take_less_than_75_megabytes(on_dynamo: Callable[..., Flask]) -> None:
    app = on_dynamo()
    environ = {"FEATURES": "entries", "ENTRIES_STORE": "dynamodb", "DYNAMO_TABLE": app.config["DYNAMO_TABLE"]}
    given = os.environ | {"SECRET_KEY": KEY} | environ
    ran = subprocess.run([sys.executable, "-c", USED], cwd=ROOT, env=given, capture_output=True, check=True, text=True)
    assert 20_000 < int(ran.stdout.split()[-1]) < 75_000  # kilobytes


@pytest.mark.parametrize("features", ["posts", "notes,posts", "notes;entries"])
def test_an_unknown_feature_is_refused(features: str) -> None:
    with pytest.raises(ConfigError, match="FEATURES must be"):
        from_environment({"SECRET_KEY": KEY, "FEATURES": features})


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [({"ENTRIES_STORE": "redis"}, "ENTRIES_STORE must be"), ({"DYNAMO_TABLE": "a/b"}, "DYNAMO_TABLE must be")],
)
def test_a_bad_setting_of_entries_is_refused(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        from_environment({"SECRET_KEY": KEY, **environ})


def test_with_both_features_the_first_page_is_that_of_notes(make_app: Callable[..., Flask]) -> None:
    client = make_app().test_client()
    assert client.get("/").headers["Location"] == "/notes"
    assert client.get("/entries").status_code == 200


@pytest.mark.slow
def test_the_migrations_know_every_table_whatever_is_served(database_url: str) -> None:
    environ = os.environ | {
        "DATABASE_URL": database_url,
        "SECRET_KEY": KEY,
        "FEATURES": "entries",
        "ENTRIES_STORE": "dynamodb",
        **dynamodb.CREDENTIALS,
    }
    check = [sys.executable, "-m", "flask", "--app", "crudapp", "db", "check"]
    ran = subprocess.run(check, cwd=ROOT, env=environ, capture_output=True, check=False, text=True)
    assert ran.returncode == 0, ran.stderr


def test_every_route_of_entries_is_public(entries_app: Flask) -> None:
    for rule in entries_app.url_map.iter_rules():
        access = find_access(entries_app, rule.endpoint)
        assert access is not None
        assert access.value in {"public", "probe", "operator"}


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    given = os.environ | dynamodb.CREDENTIALS | {"SECRET_KEY": KEY, "FEATURES": "entries"} | environ
    command = [sys.executable, "-m", "flask", "--app", "crudapp", *arguments]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, check=False, text=True)


@pytest.mark.server
def test_the_command_creates_the_table_in_an_emulator_once(dynamo: str) -> None:
    environ = {"ENTRIES_STORE": "dynamodb", "DYNAMO_TABLE": f"by-hand-{os.getpid()}", "AWS_ENDPOINT_URL": dynamo}
    said = [run("entries", "create-table", **environ).stdout for _ in range(2)]
    assert "was created" in said[0]
    assert "is there already" in said[1]


@pytest.mark.slow
@pytest.mark.parametrize(("store", "words"), [("dynamodb", "Set AWS_ENDPOINT_URL"), ("sql", "flask db upgrade")])
def test_the_command_creates_nothing_elsewhere(store: str, words: str) -> None:
    refused = run("entries", "create-table", ENTRIES_STORE=store)
    assert refused.returncode == 1
    assert words in refused.stderr
