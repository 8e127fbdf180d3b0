"""compose.yaml is run by Podman and podman-compose as the documents say: from its secrets to a restored backup.

`make test-image` runs this; it needs root. Without a registry, Debian's nginx and MariaDB stand in for the images of
nginx and MySQL, under their names. Where there is no systemd nothing starts a health check, so the page's loop does.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import yaml

from devtools.processes import ROOT, free_port, wait_until
from edge.https_browser import client, submit
from edge.images import CACHE, IMAGE, import_debian, run

NEXT = "localhost/notes:next"
PASSWORD = "four plain words here"
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 2000  # more than is kept in memory
# Of MySQL's image, what compose.yaml uses: the first start creates the database, and root who may come from everywhere.
DATABASE_START = r"""#!/bin/sh
set -eu
mkdir -p /run/mysqld
if [ ! -d /var/lib/mysql/mysql ]; then
  mariadb-install-db --no-defaults --user=root --datadir=/var/lib/mysql --skip-test-db > /dev/null
  password=$(cat "$MYSQL_ROOT_PASSWORD_FILE")
  cat > /run/first.sql <<END
CREATE DATABASE $MYSQL_DATABASE;
CREATE USER root@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
ALTER USER root@localhost IDENTIFIED BY '$password';
END
  set -- "$@" --init-file=/run/first.sql
fi
exec mariadbd --no-defaults --user=root --datadir=/var/lib/mysql --socket=/run/mysqld/mysqld.sock "$@"
"""
ENGINE = """[containers]
default_ulimits = ["nofile=1024:4096", "nproc=1024:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[network]
network_backend = "netavark"
network_config_dir = "{networks}"
"""


def block(page: str, beginning: str) -> str:
    """The block of the page with this line."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / page).read_text(), re.DOTALL)
    (found,) = [text for text in blocks if beginning in text]
    return str(found)


@dataclass
class Project:
    """The project in a folder of its own; the documents' lines are run there."""

    folder: Path
    environ: dict[str, str]

    def shell(self, script: str, given: str = "", **more: str) -> str:
        script = script.replace("docker compose", "podman-compose")
        done = subprocess.run(
            ["bash", "-euc", script],
            cwd=self.folder,
            env=self.environ | more,
            input=given,
            check=False,
            capture_output=True,
            text=True,
            timeout=170,
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def up(self, **more: str) -> None:
        lines = block("edge.md", "podman-compose up --detach mysql").splitlines()
        self.shell("\n".join(line for line in lines if " build " not in line), **more)
        wait_until(self.answers, "the project", 120)

    def answers(self) -> bool:
        """Whether both servers do, which take turns."""
        with suppress(httpx.HTTPError), self.browser() as browser:
            return all(browser.get("/sign-in").status_code == 200 for _ in range(4))
        return False

    def browser(self) -> httpx.Client:
        address = f"https://localhost:{self.environ['HTTPS_PORT']}"
        return client(address, self.folder / "secrets/certificates/current/fullchain.pem")

    def titles(self, email: str) -> set[str]:
        """The titles in this person's list of notes."""
        with self.browser() as browser:
            submit(browser, "/sign-in", email=email, password=PASSWORD)
            page = browser.get("/notes").text
        return set(re.findall("(?:Before|After) the backup", page))

    def drawings(self, email: str, address: str) -> list[bytes]:
        """What this person's file is, asked for so often that each app server has answered."""
        with self.browser() as browser:
            submit(browser, "/sign-in", email=email, password=PASSWORD)
            return [browser.get(address).content for _ in range(4)]


@pytest.fixture(scope="module")
def images(image: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The three images of the project under their names, and the next release of the app."""
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    folder = tmp_path_factory.mktemp("recipes")
    (folder / "start").write_text(DATABASE_START)

    def build(name: str, recipe: str) -> None:
        (folder / "Dockerfile").write_text(recipe)
        run("buildah", "build", "--quiet", "--isolation", "chroot", "--pull=never", "--tag", name, folder)

    servers = "localhost/servers"
    import_debian(CACHE / "stand-in-servers.tar", "nginx-light,mariadb-server-core,mariadb-client", servers)
    # As in nginx's own image, its default logs go to the container's.
    logs = "ln -sf /dev/stdout /var/log/nginx/access.log && ln -sf /dev/stderr /var/log/nginx/error.log"
    build(services["nginx"]["image"], f"FROM {servers}\nRUN {logs}\n")
    build(services["mysql"]["image"], f'FROM {servers}\nCOPY start /start\nENTRYPOINT ["sh", "/start"]\n')
    build(NEXT, f"FROM {IMAGE}\nENV BUILD=next\n")


@pytest.fixture
def project(images: None, tmp_path: Path) -> Iterator[Project]:
    folder = tmp_path / "notes"
    folder.mkdir(mode=0o755)
    shutil.copy(ROOT / "compose.yaml", folder)
    shutil.copytree(ROOT / "nginx", folder / "nginx")
    networks = tmp_path / "networks"
    networks.mkdir()
    (tmp_path / "containers.conf").write_text(ENGINE.format(networks=networks))
    started = Project(
        folder,
        os.environ
        | {
            "CONTAINERS_CONF": str(tmp_path / "containers.conf"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "NOTES_IMAGE": IMAGE,
            "HTTP_PORT": str(free_port()),
            "HTTPS_PORT": str(free_port()),
        },
    )
    lines = block("edge.md", "mkdir -m 700 secrets").splitlines()
    started.shell("\n".join(line for line in lines if "docker" not in line))
    try:
        yield started
    finally:
        started.shell("podman-compose down --volumes")


def test_the_documents_are_followed_from_secrets_to_a_restored_backup(project: Project) -> None:
    project.up()
    with project.browser() as browser:
        submit(browser, "/sign-up", email="first@example.org", password=PASSWORD, again=PASSWORD)
        drawing = ("drawing.svg", DRAWING)
        page = submit(browser, "/notes", at="/notes/new", file=drawing, title="Before the backup").text
    [address] = set(re.findall(r"/files/\d+/drawing\.svg", page))
    made = project.shell(command_of_compose(), given=f"{PASSWORD}\n")
    assert "can sign in now" in made
    assert project.titles("you@example.org") == set()

    project.shell(block("backup.md", "mysqldump --user=root"))
    with project.browser() as browser:
        submit(browser, "/sign-in", email="first@example.org", password=PASSWORD)
        submit(browser, "/notes", at="/notes/new", title="After the backup")

    # The upgrade, of Podman's kind: the volumes stay, all else is made anew.
    project.shell("podman-compose down")
    project.up(NOTES_IMAGE=NEXT)
    assert project.shell("podman-compose exec -T app-2 printenv BUILD", NOTES_IMAGE=NEXT) == "next\n"
    assert project.titles("first@example.org") == {"Before the backup", "After the backup"}
    assert project.drawings("first@example.org", address) == [DRAWING] * 4

    project.shell(block("backup.md", "docker compose stop app-1"), NOTES_IMAGE=NEXT)
    wait_until(project.answers, "the restored project", 120)
    assert project.titles("first@example.org") == {"Before the backup"}


def command_of_compose() -> str:
    """What docs/commands.md says for compose, without a terminal."""
    row = re.search(r"^\| compose \| `(.*)` \|$", (ROOT / "docs/commands.md").read_text(), re.MULTILINE)
    assert row
    return row[1].replace("compose exec", "compose exec -T")
