"""The hosts boot: cloud-init runs their own user data under systemd; edge/booted names every stand-in.

`make test-image` runs this; it needs root, and Terraform with the AWS provider.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from devtools.composition import SSH_KEY
from devtools.processes import ROOT, wait_until
from devtools.programs import find_program
from edge.booted import app_image, packages
from edge.booted.hosts import SECONDS, BootedHost
from edge.booted.surroundings import PACKAGES, Surroundings, call
from edge.booted.user_data import ACCOUNT, BUCKET, REGION, readable, render
from edge.images import CACHE

SITE, UPSTREAM, DATABASE = "notes.test", "balancer.test", "db.notes.test:3306"
APP, REPOSITORY = "tasks.test", f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/tasks"
NUMBERS = {"bastion": 1, "nginx_host": 2, "app_instances": 3, "faulty": 4}
SECRETS = ("secret-key", "database-app", "database-migrate", "database-master")


def modules(arns: dict[str, str], digest: str) -> dict[str, dict[str, Any]]:
    """Variables of each kind of host, as its composition gives them. `arns` are those of SECRETS."""
    place = {"subnet_ids": ["subnet-1"], "security_group_id": "sg-1"}
    key_arn = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1"
    bastion = {"ssh_public_key": SSH_KEY, "database": DATABASE, "source_directory": "../../bastion"}
    nginx = {"source_directory": "../../nginx", "key_arn": key_arn}
    site = {"server_name": SITE, "email": "owner@notes.test", "upstream": f"{UPSTREAM}:80"}
    app = {
        "server_name": APP,
        "target_group_arn": f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/tasks/1234567890123456",
        "network": place | {"balancer_ranges": ["10.0.0.0/16"]},
        "image": {"repository_url": REPOSITORY, "pull_policy": "{}", "digest": digest},
        "environment": {"APP_ENV": "production", "BIND": "127.0.0.1", "PORT": "5000", "PLAIN_HTTP": "1"},
        "secrets": {"SECRET_KEY": arns["secret-key"]},
        "database_secrets": {user: arns[f"database-{user}"] for user in ("app", "migrate", "master")},
        "files_policy": "{}",
    }
    return {
        "bastion": {"name": "notes-bastion"} | place | bastion,
        "nginx_host": {"name": "notes-nginx"} | place | nginx | site,
        "app_instances": {"name": "tasks"} | nginx | app,
    }


class Site(NamedTuple):
    surroundings: Surroundings
    image: str
    user_data: dict[str, bytes]
    instance_ids: dict[str, str]
    # Who had the fixed address when each host had started: there is one here, which the last of them has.
    holders: dict[str, str | None]


@pytest.fixture(scope="session")
def site(storage: None) -> Iterator[Site]:
    """Everything around the hosts."""
    for program in ("dnsmasq", "pebble", "ip", "nsenter"):
        find_program(program)
    image, debian = packages.image()
    # Below the repository, which is what a namespace sees of this machine's files.
    with tempfile.TemporaryDirectory(prefix="booted-", dir=CACHE) as directory:
        home = Path(directory)
        (home / "packages").mkdir()
        (home / "packages" / "debian").symlink_to(debian)
        packages.stand_ins(home / "packages" / "stand-ins")
        (home / "packages" / "livez").write_text("ok")
        names = {SITE: f"10.0.{NUMBERS['nginx_host']}.10", UPSTREAM: PACKAGES}
        surroundings = Surroundings(home, home / "packages", names)
        try:
            yield prepare(surroundings, image)
        finally:
            surroundings.remove()


def prepare(surroundings: Surroundings, image: str) -> Site:
    """What an apply leaves in AWS, and the user data that goes with it."""
    digest = app_image.build(surroundings.registry)
    started, address, *secrets = surroundings.call(
        call("ec2", "run_instances", ImageId="ami-12345678", MinCount=len(NUMBERS), MaxCount=len(NUMBERS)),
        call("ec2", "allocate_address", Domain="vpc"),
        *(call("secretsmanager", "create_secret", Name=name, SecretString=f"value of {name}") for name in SECRETS),
        call("ssm", "put_parameter", Name="/tasks/image-digest", Value=digest, Type="String"),
        call("s3", "create_bucket", Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION}),
        *(
            call("s3", "put_object", Bucket=BUCKET, Key=str(path.relative_to(ROOT)), Body=path.read_text())
            for path in (ROOT / "nginx").rglob("*")
            if path.is_file()
        ),
    )
    arns = {name: secret["ARN"] for name, secret in zip(SECRETS, secrets, strict=False)}
    user_data = render(surroundings.home / "terraform", modules(arns, digest), address["AllocationId"])
    ids = [instance["InstanceId"] for instance in started["Instances"]]
    return Site(surroundings, image, user_data, dict(zip(NUMBERS, ids, strict=True)), {})


def nothing(_: BootedHost) -> None:
    pass


@contextmanager
def booted(
    site: Site, name: str, user_data: bytes | None = None, meanwhile: Callable[[BootedHost], None] = nothing
) -> Iterator[BootedHost]:
    """A host of NUMBERS after its first start; with other user data, or something done while it starts, on request."""
    number = NUMBERS[name]
    network = site.surroundings.add_host(name.replace("_", "-"), number)
    site.surroundings.describe_instance(number, site.instance_ids[name], name, user_data or site.user_data[name])
    host = BootedHost(site.surroundings, network, site.image)
    try:
        host.power_on()
        meanwhile(host)
        host.wait_until_started()
        site.holders[name] = site.surroundings.holder_of_the_address()
        yield host
    finally:
        host.remove()
        network.stop()


@pytest.fixture(scope="module")
def bastion(site: Site) -> Iterator[BootedHost]:
    with booted(site, "bastion") as host:
        yield host


@pytest.fixture(scope="module")
def nginx_host(site: Site) -> Iterator[BootedHost]:
    """Its first fetch of packages fails."""

    def mend_the_archive(host: BootedHost) -> None:
        wait_until(lambda: "Failed to fetch" in host.output(), "a fetch that fails", SECONDS)
        site.surroundings.sign.unlink()

    site.surroundings.sign.touch()
    with booted(site, "nginx_host", meanwhile=mend_the_archive) as host:
        yield host


@pytest.fixture(scope="module")
def app_instance(site: Site) -> Iterator[BootedHost]:
    with booted(site, "app_instances") as host:
        yield host


def assert_set_up(site: Site, host: BootedHost, module: str) -> None:
    """It runs, nothing failed, and its group was told so."""
    assert (host.state(), host.failed_units()) == ("running", []), host.complaints()
    assert json.loads(host.errors())["errors"] == [], host.complaints()
    assert site.surroundings.answers_to_groups().get(site.instance_ids[module]) == "CONTINUE", host.complaints()


def assert_comes_back(host: BootedHost, unit: str, port: int, process: str = "") -> None:
    """When it was killed, or the process that a shell command prints, systemd starts it again."""
    restarts = host.unit(unit, "NRestarts")
    host.shell(f"kill -KILL {process or host.unit(unit, 'MainPID')}")
    wait_until(lambda: host.unit(unit, "NRestarts") != restarts, f"systemd to start {unit} again", 60)
    wait_until(lambda: host.answers_port(port), f"{unit} on port {port}", 60)


def test_the_bastion_sets_itself_up_and_says_so(site: Site, bastion: BootedHost) -> None:
    assert_set_up(site, bastion, "bastion")
    assert site.holders["bastion"] == site.instance_ids["bastion"]


def test_the_bastion_has_the_sshd_of_the_project_and_upgrades_itself(bastion: BootedHost) -> None:
    settings = bastion.shell("sshd -T").splitlines()
    assert {f"permitopen {DATABASE}", "allowusers tunnel", "maxsessions 0", "passwordauthentication no"} <= {*settings}
    assert bastion.shell("getent passwd tunnel").endswith(":/usr/sbin/nologin")
    assert bastion.shell("cat /etc/ssh/authorized_keys/tunnel") == SSH_KEY
    assert 'APT::Periodic::Unattended-Upgrade "1";' in bastion.shell("apt-config dump")
    assert "apt-daily-upgrade.timer" in bastion.shell("systemctl list-timers --no-legend --plain")


def test_the_bastions_sshd_comes_back_when_it_is_killed(bastion: BootedHost) -> None:
    assert_comes_back(bastion, "ssh", 22)


def test_a_second_boot_of_the_bastion_changes_nothing(site: Site, bastion: BootedHost) -> None:
    before = bastion.fingerprint()
    bastion.reboot()
    assert (bastion.state(), bastion.failed_units()) == ("running", [])
    assert bastion.fingerprint() == before
    assert bastion.output().count("Setting up mysql-client") == 1


def test_a_wrong_line_in_the_user_data_fails_and_has_the_group_replace_the_host(site: Site) -> None:
    wrong = readable(site.user_data["bastion"]).replace(
        "\ninstall_packages mysql-client", "\ninstall_package mysql-client"
    )
    with booted(site, "faulty", gzip.compress(wrong.encode())) as host:
        assert host.state() == "degraded"
        assert "cloud-final.service" in host.failed_units()
        assert "install_package: command not found" in host.output()
        assert site.surroundings.answers_to_groups()[site.instance_ids["faulty"]] == "ABANDON"


def test_nginx_serves_although_the_first_fetch_of_packages_failed(site: Site, nginx_host: BootedHost) -> None:
    assert_set_up(site, nginx_host, "nginx_host")
    assert "Failed to fetch" in nginx_host.output()
    assert nginx_host.shell(f"curl --silent --insecure --resolve {SITE}:443:127.0.0.1 https://{SITE}/livez") == "ok"


def test_the_first_certificate_comes_by_its_timer_and_is_put_away_for_other_hosts(
    site: Site, nginx_host: BootedHost
) -> None:
    wait_for_the_certificate(nginx_host)
    bucket = call("s3", "list_objects_v2", Bucket=BUCKET)
    keys = {found["Key"] for found in site.surroundings.call(bucket)[0]["Contents"]}
    assert "letsencrypt.tar.gz" in keys
    assert "order.lock" not in keys
    assert site.surroundings.acme.orders() == 1


def wait_for_the_certificate(host: BootedHost) -> None:
    """Return when the first one is in service and its order has ended."""
    served, order = "readlink /etc/nginx/certificates/current", "first-certificate.service"
    wait_until(lambda: host.shell(served) != "placeholder", "the first certificate", SECONDS)
    wait_until(lambda: host.unit(order, "ActiveState") == "inactive", "the end of its order", 60)


def test_the_renewal_finds_the_certificate_good_and_orders_nothing(site: Site, nginx_host: BootedHost) -> None:
    wait_for_the_certificate(nginx_host)
    nginx_host.shell("systemctl start notes-certificate.service")
    assert site.surroundings.acme.orders() == 1
    timers = nginx_host.shell("systemctl list-timers --all --no-legend --plain")
    assert {"first-certificate.timer", "notes-certificate.timer", "report-health.timer"} <= {*timers.split()}
    assert "certbot.timer" not in timers


def test_the_host_reports_to_cloudwatch_that_nginx_answers(site: Site, nginx_host: BootedHost) -> None:
    nginx_host.shell("systemctl start report-health.service")
    [found] = site.surroundings.call(call("cloudwatch", "list_metrics", Namespace="notes-nginx"))
    assert {metric["MetricName"] for metric in found["Metrics"]} == {
        "NginxUp",
        "CertificateDaysLeft",
        "SiteUp",
    }


def test_the_agent_has_a_configuration_whose_logs_are_there(nginx_host: BootedHost, app_instance: BootedHost) -> None:
    for host in (nginx_host, app_instance):
        assert host.unit("amazon-cloudwatch-agent.service", "ActiveState") == "active"
        fetched = json.loads(host.shell("cat /opt/aws/amazon-cloudwatch-agent/etc/fetched.json"))
        for log in fetched["logs"]["logs_collected"]["files"]["collect_list"]:
            host.shell(f"test -f {log['file_path']}")


def test_nginx_comes_back_when_it_is_killed(nginx_host: BootedHost) -> None:
    assert_comes_back(nginx_host, "nginx", 443)


def test_a_second_boot_of_the_nginx_host_serves_the_same_certificate(site: Site, nginx_host: BootedHost) -> None:
    wait_for_the_certificate(nginx_host)
    before = nginx_host.fingerprint()
    nginx_host.reboot()
    assert (nginx_host.state(), nginx_host.failed_units()) == ("running", [])
    assert nginx_host.answers_port(443)
    assert nginx_host.fingerprint() == before
    assert site.surroundings.acme.orders() == 1


def test_the_instance_runs_the_released_image_with_its_secrets(site: Site, app_instance: BootedHost) -> None:
    assert_set_up(site, app_instance, "app_instances")
    environment = app_instance.shell(f"curl --silent --header 'Host: {APP}' http://127.0.0.1/environment").splitlines()
    assert "SECRET_KEY=value of secret-key" in environment
    assert any(line.startswith("DATABASE_SECRET=arn:aws:secretsmanager:") for line in environment)
    assert app_instance.shell("stat --format %a /run/app-secret") == "600"
    assert app_instance.shell("cat /srv/notes/static/notes.css") == "body {}"


def test_app_and_nginx_come_back_when_they_are_killed(app_instance: BootedHost) -> None:
    assert_comes_back(app_instance, "app", 5000, "$(podman inspect --format '{{.State.Pid}}' app)")
    assert_comes_back(app_instance, "nginx", 80)


def test_a_second_boot_of_the_instance_serves_again(app_instance: BootedHost) -> None:
    before = app_instance.fingerprint()
    app_instance.reboot()
    assert (app_instance.state(), app_instance.failed_units()) == ("running", [])
    wait_until(lambda: app_instance.answers_port(5000), "the app after the reboot", 60)
    assert app_instance.fingerprint() == before
