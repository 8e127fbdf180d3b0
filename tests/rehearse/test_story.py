"""The system as it is used: by a visitor over HTTPS, by the operator through the bastion, and in no other way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


@pytest.fixture(scope="session")
def story(played: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = played["story"]
    return found


def test_plain_http_leads_a_visitor_to_https(story: dict[str, Any]) -> None:
    assert story["led to"] == "https://notes.test/sign-up"


def test_the_certificate_is_for_the_name_and_from_the_authority(story: dict[str, Any]) -> None:
    certificate = story["certificate"]
    assert certificate["subjectName"] == "notes.test"
    assert certificate["issuer"].startswith("Pebble Intermediate CA")


def test_the_operator_sees_through_the_tunnel_what_the_visitor_wrote_and_ticked_off(story: dict[str, Any]) -> None:
    assert story["rows"] == [["Water the seedlings", "done"]]


def test_a_migration_through_the_tunnel_leads_from_the_last_version_to_the_next(story: dict[str, Any]) -> None:
    last = max(file.name.split("_")[0] for file in MIGRATIONS.glob("[0-9]*.py"))
    assert story["versions"] == [last, "weather"]


def test_nobody_notices_the_migration(story: dict[str, Any]) -> None:
    load = story["load"]
    assert (load["failures"], load["lost"], load["doubled"]) == ({}, [], [])
    assert load["acknowledged writes"] > 0


def test_there_is_no_way_but_nginx_and_the_bastion(story: dict[str, Any]) -> None:
    assert story["direct"]["answered"] == []
    assert story["direct"]["tried"] > 50
