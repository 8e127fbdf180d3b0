"""The system as it is used: by a visitor over HTTPS, by the operator through the bastion, and in no other way."""

from __future__ import annotations

from typing import Any


def test_a_visitor_and_the_operator_do_all_they_came_for(played: dict[str, Any]) -> None:
    assert [sentence.split()[-1] for sentence in played["story"]["told"]][:1] == ["trusts."]
    assert len(played["story"]["told"]) == 9


def test_the_certificate_is_for_the_name_and_from_the_authority(played: dict[str, Any]) -> None:
    certificate = played["story"]["certificate"]
    assert certificate["subjectName"] == "notes.test"
    assert certificate["issuer"].startswith("Pebble Intermediate CA")


def test_nobody_notices_a_migration_through_the_tunnel(played: dict[str, Any]) -> None:
    assert played["story"]["version"] == "weather"
    load = played["story"]["load"]
    assert (load["failed"], load["lost"], load["doubled"]) == (0, [], [])
    assert load["acknowledged writes"] > 0
