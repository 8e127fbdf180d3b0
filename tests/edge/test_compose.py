"""The compose project is one that Compose accepts, and its parts are as hardened as the image was tested."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from devtools.processes import ROOT
from devtools.programs import find_program
from devtools.tls import create_certificate

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
APP = ["app-1", "app-2", "jobs", "migrate", "users"]


def accepted(project: Path) -> subprocess.CompletedProcess[str]:
    command = [find_program("docker-compose"), "--file", str(project), "config", "--quiet"]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_compose_accepts_the_project() -> None:
    verdict = accepted(ROOT / "compose.yaml")
    assert verdict.returncode == 0, verdict.stderr


def test_compose_refuses_a_project_with_a_planted_fault(tmp_path: Path) -> None:
    text = (ROOT / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("condition: service_healthy", "condition: service_happy", 1))
    assert accepted(tmp_path / "compose.yaml").returncode != 0


@pytest.mark.parametrize("service", APP)
def test_the_app_runs_as_hardened_as_the_image_was_tested(service: str) -> None:
    assert SERVICES[service]["read_only"] is True
    assert SERVICES[service]["cap_drop"] == ["ALL"]
    assert SERVICES[service]["security_opt"] == ["no-new-privileges:true"]


def test_no_secret_is_in_the_project_or_in_an_environment() -> None:
    settings = [setting for service in SERVICES.values() for setting in service.get("environment", {}).items()]
    secrets = [value for name, value in settings if re.search("SECRET|PASSWORD", name)]
    assert len(secrets) > 3
    assert [value for value in secrets if not value.startswith("/run/secrets/")] == []


@pytest.mark.parametrize("service", APP)
def test_each_service_is_given_the_secrets_it_reads_and_no_other(service: str) -> None:
    read = [value for name, value in SERVICES[service]["environment"].items() if name.endswith("_SECRET")]
    assert {f"/run/secrets/{name}" for name in SERVICES[service]["secrets"]} == {*read, "/run/secrets/secret_key"}


def test_only_nginx_is_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert [name for name, service in SERVICES.items() if "outside" in service.get("networks", [])] == ["nginx"]


def test_what_nginx_is_started_with_renders_and_is_accepted(home: Path) -> None:
    create_certificate(home / "current", "localhost")
    places = {"sources": ROOT / "nginx", "certificates": home, "tmp": home, "static": home}
    script = SERVICES["nginx"]["command"][2].replace("$$", "$")
    script = re.sub(r"(?<= )/(\w+)(?=[/ ])", lambda place: str(places[place[1]]), " " + script)
    script = script.replace("--out", f"--log-dir {home} --out").replace("exec nginx", f"{find_program('nginx')} -t")
    environ = os.environ | {"SERVER_NAME": "localhost", "PUBLIC_PORT": "8443"}
    tested = subprocess.run(["sh", "-ec", script], check=False, capture_output=True, text=True, env=environ)
    assert tested.returncode == 0, tested.stderr
    assert "8443" in (home / "configuration" / "site.conf").read_text()
