"""The system as it is used: by a visitor over HTTPS, by the operator through the bastion, and in no other way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


@pytest.fixture(scope="session")
def walkthrough(results: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = results["walkthrough"]
    return found


def test_plain_http_leads_a_visitor_to_https(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["led to"] == "https://notes.test/sign-up"


def test_the_certificate_is_for_the_name_and_from_the_authority(walkthrough: dict[str, Any]) -> None:
    certificate = walkthrough["certificate"]
    assert certificate["subjectName"] == "notes.test"
    assert certificate["issuer"].startswith("Pebble Intermediate CA")


def test_the_operator_sees_through_the_tunnel_what_was_written_and_ticked_off(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["rows"] == [["Water the seedlings", "done"]]


def test_a_migration_through_the_tunnel_leads_from_the_last_version_to_the_next(walkthrough: dict[str, Any]) -> None:
    last = max(file.name.split("_")[0] for file in MIGRATIONS.glob("[0-9]*.py"))
    assert walkthrough["versions"] == [last, f"{int(last) + 1:04}"]


def test_no_request_fails_during_the_migration(walkthrough: dict[str, Any]) -> None:
    load = walkthrough["load"]
    assert (load["failures"], load["lost"], load["doubled"]) == ({}, [], [])
    assert load["acknowledged writes"] > 0


def test_there_is_no_way_but_nginx_and_the_bastion(walkthrough: dict[str, Any]) -> None:
    assert walkthrough["direct"]["answered"] == []
    assert walkthrough["direct"]["tried"] > 50
