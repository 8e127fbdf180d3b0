"""Server of AWS's services: moto behind TLS, strict, and by what the caller's role may do (roles, as JSON).

While a file of their name is there, DynamoDB throttles every other call, and S3 does what the file says.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from devtools.aws_authorization import Authorization
from devtools.aws_requests import signed
from devtools.strict_aws import StrictAws

THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded.",
}


AWS = "aws"  # the access key of AWS itself, which makes what no caller may: it is not checked


class Unchecked:
    """Passes requests of AWS itself on, around the checks."""

    def __init__(self, moto: Any, checked: Any) -> None:
        self.moto, self.checked = moto, checked

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signature = signed(environ)
        application = self.moto if signature and signature.caller == AWS else self.checked
        answer: Iterable[bytes] = application(environ, start_response)
        return answer


class Faulty:
    def __init__(self, application: Any, faults: Path) -> None:
        self.application, self.faults, self.calls = application, faults, itertools.count()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        service = environ.get("HTTP_HOST", "").partition(".")[0]
        if service == "dynamodb" and (self.faults / service).exists() and not next(self.calls) % 2:
            return refuse(environ, start_response, "400 Bad Request", json.dumps(THROTTLED))
        fault = fault_of_s3(self.faults / service) if service == "s3" else {}
        time.sleep(fault.get("seconds", 0))
        if "code" in fault:
            body = "" if environ["REQUEST_METHOD"] == "HEAD" else f"<Error><Code>{fault['code']}</Code></Error>"
            return refuse(environ, start_response, fault["status"], body)
        answer: Iterable[bytes] = self.application(environ, start_response)
        return answer


def fault_of_s3(file: Path) -> dict[str, Any]:
    """Return what S3 does: wait some `seconds` first, refuse with a `status` and a `code`, or neither."""
    with suppress(FileNotFoundError):
        return dict(json.loads(file.read_text()))
    return {}


def refuse(environ: dict[str, Any], start_response: Any, status: str, body: str) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    kind = "application/x-amz-json-1.0" if body.startswith("{") else "application/xml"
    start_response(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body.encode()]


def main(certificate: str, key: str, faults: str, roles: str) -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    authorization = Authorization(json.loads(Path(roles).read_text()))
    application = Faulty(Unchecked(moto, StrictAws(moto, authorization.refusal)), Path(faults))
    server = make_server("0.0.0.0", 443, application, threaded=True, ssl_context=(certificate, key))
    # Each in its own thread: somebody whose packets are lost meanwhile would keep all others waiting for their turn.
    server.socket.do_handshake_on_connect = False  # type: ignore[attr-defined]  # a socket of TLS
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
