"""The image is built and run as in production: read-only, without capabilities, as a user without a name.

`make test-image` runs this; it takes minutes and needs root. Where the registry cannot be reached, a Debian with Python
stands in for the base image under the same name: what is tested is the Dockerfile, not the base.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import time
import uuid
from collections.abc import Iterator, Sequence

import httpx
import pytest
from files.test_smaller import noise
from PIL import Image
from sqlalchemy.engine import make_url

from devtools import mariadb
from devtools.people import PASSWORD
from devtools.processes import free_port, wait_until
from edge.https_browser import submit
from edge.images import IMAGE, run

# runc and its limits run in a container of continuous integration, too, where crun and the defaults may not.
PODMAN = ["podman", "--runtime", "runc", "run", "--ulimit", "nofile=1024:4096", "--ulimit", "nproc=1024:4096"]
HARDENED = ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "all", "--security-opt", "no-new-privileges"]
SECRET_KEY = "only-for-the-test-of-the-image-0123456789"


def once(image: str, *command: str, options: Sequence[str] = ()) -> str:
    """Run one command in a hardened container and return what it printed."""
    return run(
        *PODMAN,
        "--rm",
        *(options if "--network" in options else ["--network", "none", *options]),
        *HARDENED,
        image,
        *command,
    )


@contextlib.contextmanager
def container(*options: str, command: Sequence[str] = ()) -> Iterator[str]:
    """A hardened container on this host's loopback interface; yields its name."""
    name = f"notes-test-{uuid.uuid4().hex[:8]}"
    run(*PODMAN, "--detach", "--name", name, "--network", "host", *HARDENED, *options, IMAGE, *command)
    try:
        yield name
    finally:
        run("podman", "stop", "--time", "10", name)
        run("podman", "rm", name)


def environment(**values: str) -> list[str]:
    given = {"SECRET_KEY": SECRET_KEY, "BIND": "127.0.0.1"} | values
    return [word for name, value in given.items() for word in ("--env", f"{name}={value}")]


@pytest.fixture(scope="session")
def database() -> Iterator[str]:
    with mariadb.server() as address:
        port = str(make_url(address).port)
        run("mysql", "--no-defaults", "-h", "127.0.0.1", "-P", port, "-u", "root", "-e", "CREATE DATABASE notes")
        yield f"{address}/notes"


@pytest.fixture(scope="session")
def upgraded(image: str, database: str, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The options with which a container is the app, after the image's own release steps."""
    secrets = tmp_path_factory.mktemp("secrets")
    secrets.chmod(0o755)
    for user in ("app", "migrate"):
        (secrets / user).write_text(json.dumps({"username": user, "password": uuid.uuid4().hex}))
    mounted = ["--volume", f"{secrets}:/run/secrets:ro"]
    places = {f"DATABASE_{user.upper()}_SECRET": f"/run/secrets/{user}" for user in ("app", "migrate")}
    administrator = [*mounted, *environment(DATABASE_URL=database, **places)]
    once(image, "flask", "database", "users", options=["--network", "host", *administrator])
    address = database.replace("root@", "")
    migrate = [*mounted, *environment(DATABASE_URL=address, DATABASE_SECRET="/run/secrets/migrate")]
    once(image, "flask", "db", "upgrade", options=["--network", "host", *migrate])
    return [*mounted, *environment(DATABASE_URL=address, DATABASE_SECRET="/run/secrets/app")]


@contextlib.contextmanager
def serving(options: list[str]) -> Iterator[tuple[str, str]]:
    """The app from the image; yields the container's name and its address."""
    port = str(free_port())
    with container(*options, "--env", f"PORT={port}") as name:
        address = f"http://127.0.0.1:{port}"
        wait_until(lambda: answers(address), f"the container: {logs(name)}", 60)
        yield name, address


def http_client(address: str) -> httpx.Client:
    return httpx.Client(base_url=address, timeout=30, follow_redirects=True)


def answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/livez").status_code == 200
    except httpx.HTTPError:
        return False


def logs(name: str) -> str:
    return subprocess.run(["podman", "logs", name], check=False, capture_output=True, text=True).stderr[-2000:]


def test_the_app_serves_hardened_after_its_release_step(upgraded: list[str]) -> None:
    with serving(upgraded) as (_, address):
        assert httpx.get(f"{address}/health").json()["status"] == "ok"
        assert httpx.get(f"{address}/sign-in").status_code == 200


def test_a_large_picture_comes_back_smaller(upgraded: list[str]) -> None:
    options = [*upgraded, *environment(FILES_FOLDER="/tmp/files", PLAIN_HTTP="1")]
    with serving(options) as (name, address), http_client(address) as browser:
        create = ["podman", "exec", "--interactive", name, "flask", "accounts", "create", "alice@example.org"]
        run(*create, given=f"{PASSWORD}\n")
        submit(browser, "/sign-in", email="alice@example.org", password=PASSWORD)
        page = submit(browser, "/notes", at="/notes/new", file=("garden.jpg", noise(4000, 3000)), title="Garden").text
        [picture] = set(re.findall(r"/files/\d+/garden\.jpg", page))
        small = browser.get(picture, params={"size": "small"})
    assert (small.status_code, small.headers["Content-Type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(small.content)).size == (1280, 960)


def test_the_process_has_no_name_no_capability_and_no_disk_to_write_to(upgraded: list[str]) -> None:
    with serving(upgraded) as (name, _):
        status = run("podman", "exec", name, "cat", "/proc/1/status")
        written = subprocess.run(["podman", "exec", name, "touch", "/srv/notes/x"], check=False, capture_output=True)
    assert "Uid:\t10001\t10001\t10001\t10001" in status
    assert re.findall(r"^Cap\w+:\t(\w+)$", status, re.MULTILINE) == ["0" * 16] * 5
    assert "NoNewPrivs:\t1" in status
    assert b"Read-only file system" in written.stderr


def test_it_stops_within_ten_seconds(upgraded: list[str]) -> None:
    with serving(upgraded) as (name, _):
        started = time.monotonic()
        run("podman", "stop", "--time", "30", name)
        assert time.monotonic() - started < 10
        assert run("podman", "inspect", "--format", "{{.State.ExitCode}}", name) == "0"


def test_its_health_check_sees_a_process_that_answers_and_one_that_does_not(upgraded: list[str]) -> None:
    check = json.loads(run("podman", "inspect", "--format", "{{json .HealthCheck.Test}}", IMAGE))
    with serving(upgraded) as (name, _):
        assert subprocess.run(["podman", "exec", name, *check[1:]], check=False).returncode == 0
        deaf = ["podman", "exec", "--env", f"PORT={free_port()}", name, *check[1:]]
        assert subprocess.run(deaf, check=False, capture_output=True).returncode != 0


def test_production_does_not_start_without_a_secret_key(image: str) -> None:
    command = [*PODMAN, "--rm", "--network", "none", *HARDENED, image]
    refused = subprocess.run(command, check=False, capture_output=True, text=True)
    assert refused.returncode != 0
    assert "SECRET_KEY must be set" in refused.stdout + refused.stderr


def test_every_command_of_the_app_is_there(image: str) -> None:
    assert "db" in once(image, "flask", "--help", options=environment())


def test_the_services_of_aws_that_the_app_may_ask_are_known(image: str) -> None:
    names = ("dynamodb", "s3", "secretsmanager", "sts")
    once(image, "python3", "-c", f"import boto3; [boto3.client(name, region_name='eu-central-1') for name in {names}]")


def test_nothing_is_in_it_that_only_the_build_needed(image: str) -> None:
    left = "ls /srv/venv/bin/pip* /usr/bin/gcc /usr/bin/cc /wheels 2>/dev/null; true"
    assert once(image, "sh", "-c", left) == ""
    assert set(once(image, "ls", "-A", "/srv/notes").split()) == {
        *("__pycache__", "app", "config.py", "crudapp.py", "gunicorn.conf.py", "migrations", "nginx", "static"),
        "instance",  # empty; a command without a DATABASE_URL expects SQLite's folder, and the root is read-only
    }


def test_no_secret_is_in_its_history(image: str) -> None:
    history = run("podman", "history", "--no-trunc", "--format", "{{.CreatedBy}}", image)
    settings = run("podman", "inspect", "--format", "{{json .Config.Env}}", image)
    assert "SECRET" not in history + settings
    assert "PASSWORD" not in history + settings


def test_what_is_added_to_the_base_is_below_95_megabytes(image: str, base: str) -> None:
    sizes = [int(run("podman", "inspect", "--format", "{{.Size}}", name)) for name in (image, base)]
    assert sizes[0] - sizes[1] < 95_000_000


def test_its_static_files_are_what_nginx_looks_for(image: str) -> None:
    files = once(image, "find", "static", "-name", "*.css.gz").splitlines()
    assert [file for file in files if re.fullmatch(r"static/[0-9a-f]{12}/static/notes\.css\.gz", file)]
