"""A fresh Debian as somebody has it who tries the project: another Python, no root, nothing but what the README names.

Its packages come from where this machine's apt takes them; pip there is told what pip is told here.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devtools.processes import ROOT
from devtools.programs import MissingProgram, find_program

KEPT = ROOT / "build" / "debian"
PACKAGES = "ca-certificates,curl,git,make,python3,python3-venv"
# A mirror may be older than the archive allows; what is tested here is no package of it.
STALE = '--aptopt=Acquire::Check-Valid-Until "false"'
USER = 1000
HOME = "/home/ada"
CERTIFICATES = ("/etc/ssl/certs", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates")

# Run in mount and process namespaces of its own, so that nothing stays mounted and no process is left.
ENTER = """
set -e
mount -t proc proc "$DEBIAN/proc"
mount --rbind /dev "$DEBIAN/dev"
mount -t tmpfs tmpfs "$DEBIAN/dev/shm"
for path in $SHARED; do
  mkdir -p "$(dirname "$DEBIAN$path")"
  if [ -d "$path" ]; then mkdir -p "$DEBIAN$path"; else touch "$DEBIAN$path"; fi
  mount --rbind "$path" "$DEBIAN$path"
done
exec chroot --userspec="$USER_ID:$USER_ID" "$DEBIAN" \\
  env -i HOME="$HOME_THERE" LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin \\
  bash -c 'cd ~/notes-app && exec "$@"' bash "$@"
"""


@dataclass(frozen=True)
class Debian:
    """A Debian below `root`, in which the project lies in the home of a person who is not root."""

    root: Path

    def command(self, *command: str) -> list[str]:
        """Return the command that runs another one there, in the project's folder."""
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", ENTER, "bash", *command]

    @property
    def environ(self) -> dict[str, str]:
        shared = [path for path in (*CERTIFICATES, *_paths_of_pip()) if Path(path).exists()]
        return os.environ | {
            "DEBIAN": str(self.root),
            "SHARED": " ".join(shared),
            "USER_ID": str(USER),
            "HOME_THERE": HOME,
        }

    def end(self, running: subprocess.Popen[bytes]) -> None:
        """End a command and all that it has started.

        unshare ignores SIGTERM, and its own signal at its end gets lost with the change of user. All processes of a
        namespace end with its first one.
        """
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children").read_text()
        for first in children.split():
            os.kill(int(first), signal.SIGKILL)
        running.wait(30)

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*command),
            env=self.environ,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )


@contextmanager
def debian(suite: str, folder: Path) -> Iterator[Debian]:
    """Unpack a Debian into `folder`, with the project's committed files. Raises MissingProgram."""
    if os.geteuid() != 0:
        raise MissingProgram("root, who alone may make a Debian beside this one")
    subprocess.run(["tar", "-xf", _archive(suite), "-C", folder], check=True)
    (folder / "etc/pip.conf").write_text(_pip_settings())
    for name in ("resolv.conf", "hosts"):
        (folder / "etc" / name).write_bytes(Path("/etc", name).read_bytes())
    home = folder / HOME.removeprefix("/")
    home.mkdir(parents=True)
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", ROOT, home / "notes-app"], check=True)
    subprocess.run(["chown", "-R", f"{USER}:{USER}", home], check=True)
    yield Debian(folder)


def _archive(suite: str) -> Path:
    """Return an archive of the Debian, made once."""
    archive = KEPT / f"{suite}.tar"
    if not archive.exists():
        KEPT.mkdir(parents=True, exist_ok=True)
        unfinished = archive.with_suffix(".unfinished.tar")
        program = find_program("mmdebstrap")
        made = subprocess.run(
            [program, "--variant=minbase", STALE, f"--include={PACKAGES}", suite, unfinished],
            check=False,
            capture_output=True,
            text=True,
        )
        if made.returncode:
            raise MissingProgram(f"Debian {suite}, of which mmdebstrap says: {made.stderr.strip().splitlines()[-1]}")
        unfinished.rename(archive)
    return archive


def _settings_of_pip() -> dict[str, str]:
    """Return what pip is told on this machine, by files and by variables, such as where its packages are."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    settings = dict(line.split("=", 1) for line in printed.splitlines() if "=" in line)
    return {name.partition(".")[2]: value.strip("'\"").replace("\\n", " ") for name, value in settings.items()}


def _pip_settings() -> str:
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in _settings_of_pip().items())


def _paths_of_pip() -> list[str]:
    """Return what pip reads on this machine; the pages of an index may lead to files beside it."""
    words = " ".join(_settings_of_pip().values()).split()
    indexes = [str(Path(word.removeprefix("file://")).parent) for word in words if word.startswith("file:///")]
    return [*indexes, *(word for word in words if word.startswith("/"))]
