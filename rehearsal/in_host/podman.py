"""Stands in for podman on an instance: an image is a folder of REGISTRY, named by its digest; nothing is isolated."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

# By the instance's role, and in the image.
OF_THE_HOST = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE")


def folder(image: str) -> Path:
    found = Path(os.environ["REGISTRY"]) / image.rpartition("@")[-1]
    if not found.exists():
        sys.exit(f"Error: {image}: manifest unknown")
    return found


def cp(source: str, target: str) -> None:
    """The one thing that is taken out of an image: its static files, which it made when it was built."""
    image, _, path = source.rpartition(":")
    shutil.copytree(f"{folder(image)}.static", target)
    assert path == "/srv/notes/static"


def run(*words: str) -> None:
    parser = argparse.ArgumentParser()
    for flag in ("--rm", "--replace", "--read-only"):
        parser.add_argument(flag, action="store_true")
    for option in ("--name", "--volume", "--cap-drop", "--network", "--stop-timeout"):
        parser.add_argument(option)
    parser.add_argument("--env-file", action="append", default=[])
    parser.add_argument("--env", action="append", default=[])
    parser.add_argument("image")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args(words)
    given = [line for file in options.env_file for line in Path(file).read_text().splitlines()] + options.env
    environ = {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": "/tmp",
        "FLASK_APP": "crudapp",
        "BIND": "0.0.0.0",
    }
    environ |= {name: os.environ[name] for name in OF_THE_HOST} | dict(line.split("=", 1) for line in given)
    command = options.command or ["gunicorn", "crudapp:app"]
    os.chdir(folder(options.image))
    process(options.name).write_text(str(os.getpid()))
    os.execvpe(command[0], command, environ)


def execute(name: str, *command: str) -> None:
    """One more command in a running container: with the environment and in the folder of its first process."""
    running = Path("/proc", process(name).read_text())
    environ = dict(line.split("=", 1) for line in (running / "environ").read_text().split("\0") if line)
    os.chdir(running / "cwd")
    os.execvpe(command[0], command, environ)


def process(container: str) -> Path:
    return Path(f"/run/{container}.pid")


def main(action: str, *words: str) -> None:
    match action:
        case "run":
            run(*words)
        case "exec":
            execute(*words)
        case "pull":
            folder(words[-1])
        case "create":
            print(words[-1].rpartition("@")[-1])
        case "cp":
            cp(*words)
        case "login":
            sys.stdin.read()
        case "rm":
            pass
        case _:
            sys.exit(f"podman {action}: unknown here")


if __name__ == "__main__":
    main(*sys.argv[1:])
