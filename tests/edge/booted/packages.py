"""Packages of a booted host: what is in its image, what its user data installs, and stand-ins for what Debian lacks."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

from devtools.programs import find_program
from edge.images import CACHE, import_debian, run

SUITE = "trixie"  # nearest to Ubuntu 24.04 in systemd, cloud-init, apt and OpenSSH
# What Ubuntu's image for servers has, and the AWS CLI, which the stand-in for snap puts into its place.
IN_IMAGE = [
    *("apt", "systemd-sysv", "dbus", "udev", "cloud-init", "rsyslog", "openssh-server"),
    *("curl", "ca-certificates", "netbase", "iproute2", "awscli"),
]
INSTALLED = ["nginx", "certbot", "openssl", "unattended-upgrades", "podman", "default-mysql-client"]
HERE = Path(__file__).parent
MYSQL_CLIENT = """Package: mysql-client
Version: 8.0
Architecture: all
Maintainer: tests
Depends: default-mysql-client
Description: stand-in
"""


def image() -> tuple[str, Path]:
    """The image of a host, and the folder with packages that it may install; both are kept, as they take minutes."""
    for program in ("dpkg-deb", "dpkg-scanpackages"):
        find_program(program)
    key = hashlib.sha256(" ".join([SUITE, *IN_IMAGE, "/", *INSTALLED]).encode()).hexdigest()[:8]
    name, packages = f"localhost/notes-booted-host:{key}", CACHE / f"booted-host-{key}" / "debian"
    packages.mkdir(parents=True, exist_ok=True)
    download = ["chroot", '"$1"', "apt-get", "install", "--yes", "--download-only", *INSTALLED]
    hooks = [
        f"--customize-hook={' '.join(download)}",
        f"--customize-hook=sync-out /var/cache/apt/archives '{packages}'",
        '--customize-hook=mkdir "$1/usr/lib/aws-cli" && mv "$1/usr/bin/aws" "$1/usr/lib/aws-cli/aws"',
    ]
    if subprocess.run(["podman", "image", "exists", name], check=False).returncode:
        import_debian(packages.parent / "host.tar", ",".join(IN_IMAGE), name, SUITE, hooks)
        index(packages)
    return name, packages


def stand_ins(folder: Path) -> None:
    """Build the packages that Debian lacks."""
    (folder / "mysql-client" / "DEBIAN").mkdir(parents=True)
    (folder / "mysql-client" / "DEBIAN" / "control").write_text(MYSQL_CLIENT)
    shutil.copytree(HERE / "agent", folder / "agent")
    for source, name in (("mysql-client", "mysql-client"), ("agent", "amazon-cloudwatch-agent")):
        run("dpkg-deb", "--root-owner-group", "--build", folder / source, folder / f"{name}.deb")
    index(folder)


def index(folder: Path) -> None:
    """Make the folder an archive of packages for apt, without a signature."""
    packages = run("env", "-C", folder, "dpkg-scanpackages", "--multiversion", ".") + "\n"
    (folder / "Packages").write_text(packages)
    content = packages.encode()
    (folder / "Release").write_text(f"SHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} Packages\n")
