"""The app has one port, 5000, and whoever speaks of it says the same; an original of this project had two."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from devtools.processes import ROOT
from edge.gunicorn_settings import gunicorn_settings

PORT = "5000"


def found(file: Path, pattern: str) -> set[str]:
    ports = set(re.findall(pattern, file.read_text()))
    assert ports, f"{file.name} names no port"
    return ports


def test_gunicorn_listens_on_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    assert gunicorn_settings()["bind"].endswith(f":{PORT}")


def test_the_image_exposes_it_and_asks_it_for_health() -> None:
    assert found(ROOT / "Dockerfile", r"EXPOSE (\d+)") == {PORT}
    assert found(ROOT / "Dockerfile", r"'PORT', '(\d+)'") == {PORT}


def test_nginx_of_the_compose_project_asks_it() -> None:
    assert found(ROOT / "compose.yaml", r"--upstream [\d.]+:(\d+)") == {PORT}


@pytest.mark.skipif(not (ROOT / "terraform").exists(), reason="no Terraform yet")
def test_terraform_names_no_other() -> None:
    named = {
        (file.relative_to(ROOT), port)
        for file in (ROOT / "terraform").rglob("*.tf")
        for port in re.findall(r'(?:app_port|PORT)\s*=\s*"?(\d+)', file.read_text())
    }
    assert {port for _, port in named} <= {PORT}, named
