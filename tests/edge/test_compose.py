"""The compose project is one that Compose accepts, and its parts are as hardened as the image was tested."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import from_environment
from devtools.processes import ROOT
from devtools.programs import find_program
from devtools.tls import create_certificate

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
APP = ["app-1", "app-2", "jobs", "migrate", "users"]


def accepted(*projects: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    files = [word for project in projects for word in ("--file", str(project))]
    command = [find_program("docker-compose"), *files, "config"]
    return subprocess.run(command, check=False, capture_output=True, text=True, env=os.environ | environ)


def test_compose_accepts_the_project() -> None:
    verdict = accepted(ROOT / "compose.yaml")
    assert verdict.returncode == 0, verdict.stderr


def test_compose_refuses_a_project_with_a_planted_fault(tmp_path: Path) -> None:
    text = (ROOT / "compose.yaml").read_text()
    (tmp_path / "compose.yaml").write_text(text.replace("condition: service_healthy", "condition: service_happy", 1))
    assert accepted(tmp_path / "compose.yaml").returncode != 0


def with_provider(**environ: str) -> subprocess.CompletedProcess[str]:
    return accepted(ROOT / "compose.yaml", ROOT / "compose.oidc.yaml", **environ)


def test_a_provider_is_known_to_the_app_servers_alone_and_its_secret_is_in_no_environment() -> None:
    verdict = with_provider(OIDC_ISSUER="https://accounts.example", OIDC_CLIENT_ID="notes")
    assert verdict.returncode == 0, verdict.stderr
    services = yaml.safe_load(verdict.stdout)["services"]
    known = [name for name, service in services.items() if "OIDC_ISSUER" in service.get("environment", {})]
    assert known == ["app-1", "app-2"]
    assert [name for name, service in services.items() if "provider" in service.get("networks", {})] == known
    for name in known:
        told = {
            key: value for key, value in services[name]["environment"].items() if key.startswith(("OIDC", "PUBLIC"))
        }
        settings = from_environment(told | {"APP_ENV": "testing", "OIDC_CLIENT_SECRET": "a secret"})
        assert (settings["OIDC"].issuer, settings["OIDC"].sign_up) == ("https://accounts.example", False)
        assert "OIDC_CLIENT_SECRET" not in services[name]["environment"]
        mounted = {secret["source"] for secret in services[name]["secrets"]}
        assert mounted == {"secret_key", "database_app", "oidc_client_secret"}
        assert services[name]["read_only"] is True
        assert services[name]["networks"]["inside"]["ipv4_address"].startswith("172.30.57.1")


@pytest.mark.parametrize("missing", ["OIDC_ISSUER", "OIDC_CLIENT_ID"])
def test_a_provider_that_is_named_by_half_is_refused_before_anything_starts(missing: str) -> None:
    settings = {"OIDC_ISSUER": "https://accounts.example", "OIDC_CLIENT_ID": "notes"} | {missing: ""}
    verdict = with_provider(**settings)
    assert verdict.returncode != 0
    assert missing in verdict.stderr


def test_what_the_app_servers_start_with_reads_both_secrets(tmp_path: Path) -> None:
    """The words of the entrypoint, with the place of the secrets moved."""
    for name in ("secret_key", "oidc_client_secret"):
        (tmp_path / name).write_text(f"the {name}\n")
    command = yaml.safe_load((ROOT / "compose.oidc.yaml").read_text())["services"]["app-1"]["entrypoint"]
    words = [word.replace("$$", "$").replace("/run/secrets", str(tmp_path)) for word in command]
    show = ["printenv", "SECRET_KEY", "OIDC_CLIENT_SECRET"]
    assert subprocess.check_output([*words, *show], text=True) == "the secret_key\nthe oidc_client_secret\n"


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
