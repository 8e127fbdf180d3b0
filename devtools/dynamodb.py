"""DynamoDB on the loopback interface (moto's server, strict), and one that takes a request and never answers."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import run_simple

from devtools.processes import free_port, run_server
from devtools.strict_aws import StrictAws

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_EC2_METADATA_DISABLED": "true"}


@contextmanager
def server() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run an emulator; yield its address, and its process for those who want to disturb it."""
    port = free_port()
    with run_server([sys.executable, "-m", "devtools.dynamodb", str(port)], port) as process:
        yield f"http://127.0.0.1:{port}", process


@contextmanager
def silence() -> Iterator[str]:
    """Yield the address of something that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


def serve(port: int) -> None:
    """Serve moto one request at a time: in its own server, unlike in AWS, two updates of an item get mixed up."""
    from devtools import s3  # noqa: PLC0415  # it needs the credentials of this module

    s3.leave_tags_to_this()
    moto, one_at_a_time = StrictAws(DomainDispatcherApplication(create_backend_app), s3.refusal_by_tag), Lock()

    def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        with one_at_a_time:
            return list(moto(environ, start_response))

    run_simple("127.0.0.1", port, application, threaded=True, request_handler=MotoRequestHandler)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
