"""Several hosts share one certificate through a bucket: one orders, the others take it over.

The bucket is an emulated S3; certbot, curl and nginx are stand-ins. The rehearsal runs the real ones (rehearsal/).
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

import boto3
import pytest

from devtools.composition import emulated_aws
from devtools.nginx import NAME
from devtools.processes import ROOT

pytestmark = pytest.mark.server

SCRIPTS = ROOT / "nginx" / "certbot"
BUCKET, KEPT, LOCK = "files", "letsencrypt.tar.gz", "order.lock"
STAND_INS = {
    "aws": f'exec {quote(sys.executable)} {quote(str(ROOT / "rehearsal" / "in_host" / "s3_cli.py"))} "$@"',
    # Another certificate each time, and a line for each order.
    "certbot": f"""
sleep "${{SECONDS_TO_ORDER:-0}}"
mkdir -p "$ROOT/etc/letsencrypt/live/{NAME}"
cd "$ROOT/etc/letsencrypt/live/{NAME}"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 90 -subj /CN={NAME} \\
  -keyout privkey.pem -out fullchain.pem 2> /dev/null
echo "$@" >> "$ORDERS"
RENEWED_LINEAGE=$PWD {quote(str(SCRIPTS / "deploy-hook"))}
""",
    "curl": 'for last; do :; done; printf %s "${last##*/}"',  # the name leads here
    "nginx": "exit 0",
    "later/date": '[ "$*" = +%s ] && echo $(($(/bin/date +%s) + 7200)) || exec /bin/date "$@"',  # in two hours
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with emulated_aws() as running:
        yield running


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "emulated",
        "AWS_SECRET_ACCESS_KEY": "emulated",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for key in (KEPT, LOCK):
        client.delete_object(Bucket=BUCKET, Key=key)
    return client


@dataclass
class Host:
    root: Path
    programs: Path

    def environ(self, **more: str) -> dict[str, str]:
        (self.root / "certificates").mkdir(parents=True, exist_ok=True)
        return os.environ | {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "ROOT": str(self.root),
            "ORDERS": str(self.root.parent / "orders"),
            "CERTIFICATES": str(self.root / "certificates"),
            "ACME_DIR": str(self.root / "acme"),
            **more,
        }

    def keep(self, **environ: str) -> subprocess.CompletedProcess[str]:
        return self.run("keep", NAME, "owner@" + NAME, BUCKET, **environ)

    def run(self, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
        script, *words = command
        return subprocess.run(
            [SCRIPTS / script, *words], check=False, capture_output=True, text=True, env=self.environ(**environ)
        )

    def in_service(self) -> str:
        return str((self.root / "certificates" / "current").readlink())


@pytest.fixture
def hosts(s3: Any, tmp_path: Path) -> tuple[Host, Host]:
    for name, text in STAND_INS.items():
        program = tmp_path / "programs" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f"#!/bin/sh\nset -eu\n{text}\n")
        program.chmod(0o755)
    first, second = (Host(tmp_path / name, tmp_path / "programs") for name in ("first", "second"))
    return first, second


def orders(host: Host) -> list[str]:
    file = host.root.parent / "orders"
    return file.read_text().splitlines() if file.exists() else []


def test_what_one_host_has_ordered_the_other_takes_over(hosts: tuple[Host, Host]) -> None:
    first, second = hosts
    for host in hosts:
        host.environ()
    assert first.keep().returncode == 0
    taken = second.run("take-over", NAME, BUCKET)
    assert (taken.returncode, taken.stderr) == (0, "")
    assert second.in_service() == first.in_service()
    assert len(orders(first)) == 1


def test_two_hosts_that_start_at_once_order_one_certificate(hosts: tuple[Host, Host]) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda host: host.keep(SECONDS_TO_ORDER="2"), hosts))
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert len([order for order in orders(hosts[0]) if "certonly" in order]) == 1


def test_a_renewal_of_one_host_reaches_the_other(hosts: tuple[Host, Host]) -> None:
    first, second = hosts
    first.keep()
    before = first.in_service()
    assert second.keep().returncode == 0  # the stand-in renews whenever it is asked
    assert [order.split()[0] for order in orders(first)] == ["certonly", "renew"]
    assert first.run("take-over", NAME, BUCKET).returncode == 0
    assert first.in_service() == second.in_service() != before


def test_who_finds_the_lock_taken_orders_nothing(hosts: tuple[Host, Host], s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=LOCK, Body=b"another host")
    waiting = hosts[0].keep()
    assert (waiting.returncode, orders(hosts[0])) == (0, [])
    assert "another host is at it" in waiting.stdout
    assert s3.get_object(Bucket=BUCKET, Key=LOCK)["Body"].read() == b"another host"


def test_the_lock_of_a_lost_host_is_passed_on_after_an_hour(hosts: tuple[Host, Host], s3: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key=LOCK, Body=b"a lost host")
    first = hosts[0]
    late = first.keep(PATH=f"{first.programs}/later:{first.programs}:/usr/bin:/bin")
    assert (late.returncode, late.stderr, len(orders(first))) == (0, "", 1)
    assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET, Prefix=LOCK)


def test_without_an_answer_of_the_bucket_nothing_is_ordered(hosts: tuple[Host, Host]) -> None:
    silent = hosts[0].keep(AWS_ENDPOINT_URL="http://127.0.0.1:9")
    assert silent.returncode != 0
    assert orders(hosts[0]) == []


def test_what_could_not_be_put_away_is_put_away_the_next_time(hosts: tuple[Host, Host], s3: Any) -> None:
    first, second = hosts
    first.keep()
    lost = first.in_service()
    s3.delete_object(Bucket=BUCKET, Key=KEPT)
    (first.root / "var" / "lib" / "notes-certificate" / "serial").unlink()
    assert first.keep().returncode == 0
    assert second.run("take-over", NAME, BUCKET).returncode == 0
    assert second.in_service() == first.in_service() != lost
