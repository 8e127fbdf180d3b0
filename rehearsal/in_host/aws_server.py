"""Server of AWS's services: moto, strict, behind TLS; its DynamoDB throttles every other call while a file is there."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from devtools.strict_aws import StrictAws

THROTTLED = {
    "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
    "message": "The level of configured provisioned throughput for the table was exceeded.",
}


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


def main(certificate: str, key: str, sign: str) -> None:
    moto = StrictAws(DomainDispatcherApplication(create_backend_app))
    application = Throttling(moto, Path(sign))
    make_server("0.0.0.0", 443, application, threaded=True, ssl_context=(certificate, key)).serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
