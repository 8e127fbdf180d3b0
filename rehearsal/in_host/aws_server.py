"""Server of AWS's services: moto behind TLS, strict, and by what the caller's role may do (roles, as JSON).

Its DynamoDB throttles every other call while a file is there.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable
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


class Throttling:
    def __init__(self, application: Any, sign: Path) -> None:
        self.application, self.sign, self.calls = application, sign, itertools.count()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        throttles = environ.get("HTTP_HOST", "").startswith("dynamodb.") and self.sign.exists()
        if not throttles or next(self.calls) % 2:
            answer: Iterable[bytes] = self.application(environ, start_response)
            return answer
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.0")])
        return [json.dumps(THROTTLED).encode()]


def main(certificate: str, key: str, sign: str, roles: str) -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    authorization = Authorization(json.loads(Path(roles).read_text()))
    application = Throttling(Unchecked(moto, StrictAws(moto, authorization.refusal)), Path(sign))
    make_server("0.0.0.0", 443, application, threaded=True, ssl_context=(certificate, key)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
