"""Behind a load balancer idle connections are closed later than by it; else it sends requests into closed ones."""

from __future__ import annotations

import re
from pathlib import Path

from devtools.processes import ROOT
from edge.gunicorn_settings import gunicorn_settings

MODULE = ROOT / "terraform" / "modules" / "load_balancer" / "main.tf"


def seconds(file: Path, pattern: str) -> int:
    (found,) = re.findall(pattern, file.read_text())
    return int(found)


def test_nginx_and_gunicorn_wait_longer_than_the_load_balancer() -> None:
    idle = seconds(MODULE, r"idle_timeout\s*= (\d+)")
    assert seconds(ROOT / "nginx" / "sites" / "behind-load-balancer.conf", r"keepalive_timeout (\d+)s;") > idle
    assert gunicorn_settings()["keepalive"] > idle
