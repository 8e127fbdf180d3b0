"""docs/self-hosting.md on a Debian that boots: its blocks are run one after the other, under systemd.

`make test-image` runs this; it takes minutes and needs root. There is no network in the host, so that the clone, the
packages and the certificate are not tried.
"""

from __future__ import annotations

import re
import sys
import tarfile
from collections.abc import Iterator

import pytest

from devtools.processes import ROOT, wait_until
from devtools.programs import find_program
from edge.images import CACHE, run
from edge.systemd_container import OPTIONS, Container

BLOCKS = re.findall(r"```sh\n(.*?)```", (ROOT / "docs/self-hosting.md").read_text(), re.DOTALL)
PASSWORD = "four plain words here"
OFFLINE = "export PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore\n"


def block(beginning: str) -> str:
    """The block of the page with this line."""
    (found,) = [text for text in BLOCKS if beginning in text.splitlines()]
    return str(found)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    for program in ("podman", "runc", "mmdebstrap"):
        find_program(program)
    CACHE.mkdir(exist_ok=True)
    archive, wheels = CACHE / "systemd-host.tar", CACHE / "wheels"
    if not archive.exists():
        packages = "--include=systemd-sysv,dbus,python3-venv,ca-certificates,netbase,iproute2,curl"
        run("mmdebstrap", "--variant=minbase", packages, "bookworm", archive)
    download = ["download", "--quiet", "--require-hashes", "--only-binary", ":all:", "--dest", str(wheels)]
    run(sys.executable, "-m", "pip", *download, "--requirement", ROOT / "requirements/runtime.txt")
    source = tmp_path_factory.mktemp("source") / "notes.tar"
    with tarfile.open(source, "w") as tar:
        for name in run("git", "-C", ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
            if (ROOT / name).exists():
                tar.add(ROOT / name, name)
    run("podman", "import", "--quiet", archive, "localhost/notes-systemd-host")
    mounts = [f"--volume={wheels}:/wheels:ro", f"--volume={source}:/source.tar:ro"]
    options = ["--detach", "--rm", "--network=none", *OPTIONS, *mounts]
    started = Container(run("podman", "run", *options, "localhost/notes-systemd-host", "/sbin/init"))
    try:
        wait_until(started.is_running, "systemd", 180)
        started.shell("mkdir /opt/notes && tar --extract --file /source.tar --directory /opt/notes")
        yield started
    finally:
        started.remove()
        run("podman", "rmi", "--force", "localhost/notes-systemd-host")


def test_systemd_finds_the_service_well_confined(host: Container) -> None:
    """On systemd's scale from 0 to 10 for what an intruder could do; its status says whether it is below 3.0."""
    analyze = "systemd-analyze security --no-pager --offline=true --threshold=30"
    # In a folder of its own: the page that another test follows installs and removes it.
    unit = (ROOT / "systemd/notes.service").read_text()
    host.shell(f"mkdir /opt/unit && cat > /opt/unit/notes.service && {analyze} /opt/unit/notes.service", given=unit)
    host.shell(f"printf '[Service]\\nExecStart=/bin/true\\n' > /opt/open.service; ! {analyze} /opt/open.service")


def test_the_page_is_followed_from_installing_to_uninstalling(host: Container) -> None:
    host.shell(OFFLINE + block("cd /opt/notes"))
    assert '"status":"ok"' in host.shell(block("notes version"))
    assert host.shell("stat --format %a /var/lib/notes/notes.db /etc/notes").split() == ["600", "700"]
    wait_until(lambda: backups(host) == 1, "the backup that the jobs make", 120)

    assert "can sign in now" in host.shell(block("notes accounts create you@example.org"), given=f"{PASSWORD}\n")
    assert PASSWORD not in host.shell("journalctl --no-pager")

    host.shell(block("ls /var/lib/notes/backups"))
    host.shell("notes accounts create later@example.org", given=f"{PASSWORD}\n")
    assert accounts(host) == 2
    host.shell(block("systemctl stop notes"))
    wait_until(lambda: answers(host), "the restored app", 120)
    assert accounts(host) == 1

    host.shell("kill -9 $(systemctl show --property MainPID --value notes)")
    wait_until(lambda: answers(host), "the app that systemd starts again", 120)

    for text in ("rm --recursive /opt/notes", "userdel notes"):
        host.shell(block(text))
    assert host.shell("systemctl list-units --all 'notes*' --no-legend; ls -d /opt/notes /etc/notes || true") == ""


def accounts(host: Container) -> int:
    connection = "sqlite3.connect('/var/lib/notes/notes.db')"
    query = f"import sqlite3; print({connection}.execute('SELECT COUNT(*) FROM account').fetchone()[0])"
    return int(host.shell(f'python3 -c "{query}"'))


def backups(host: Container) -> int:
    return len(host.shell("ls -d /var/lib/notes/backups/2* 2> /dev/null || true").splitlines())


def answers(host: Container) -> bool:
    return '"ok"' in host.shell("curl --silent http://127.0.0.1:5000/health || true")
