"""AWS as hosts find it: moto, strict, by its real names and TLS, and what it lacks of an instance's first start.

Started with certificate and key it serves; without, it makes one call, which it reads as JSON, and prints the answer.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from devtools.aws_requests import read
from devtools.strict_aws import StrictAws

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
DONE = (
    '<CompleteLifecycleActionResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/">'
    "<CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>"
)


class LifecycleActions:
    """Takes the answers to a group's hook, which moto does not know, and prints each as a line of JSON."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        application = self.application
        if environ["HTTP_HOST"].startswith("autoscaling."):
            body = Request(environ).get_data()
            environ["wsgi.input"] = BytesIO(body)
            call = read(environ, body)
            if call.name == "CompleteLifecycleAction":
                print(json.dumps(call.parameters), flush=True)
                application = Response(DONE, content_type="text/xml")
        answer: Iterable[bytes] = application(environ, start_response)
        return answer


class Unsigned:
    """What AWS serves to requests that are not signed: a package in a bucket of its own, and the registry's images."""

    def __init__(self, application: Any, packages: Path, images: Path) -> None:
        self.application, self.packages, self.images = application, packages, images

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        application = self.application
        if environ["HTTP_HOST"].startswith("amazoncloudwatch-agent-"):
            application = Response((self.packages / Path(environ["PATH_INFO"]).name).read_bytes())
        elif ".dkr.ecr." in environ["HTTP_HOST"]:
            application = self.image(environ)
        answer: Iterable[bytes] = application(environ, start_response)
        return answer

    def image(self, environ: dict[str, Any]) -> Response:
        """A manifest or a blob of an OCI layout, by its digest."""
        if "HTTP_AUTHORIZATION" not in environ:
            return Response(status=401, headers={"WWW-Authenticate": 'Basic realm="ecr"'})
        kind, digest = environ["PATH_INFO"].rstrip("/").split("/")[-2:]
        if kind not in ("manifests", "blobs"):
            return Response("{}")
        blob = self.images / "blobs" / digest.replace(":", "/")
        return Response(blob.read_bytes(), content_type=MANIFEST if kind == "manifests" else "application/octet-stream")


def serve(certificate: str, key: str, packages: str, images: str) -> None:
    moto = DomainDispatcherApplication(create_backend_app)
    application = Unsigned(StrictAws(LifecycleActions(moto)), Path(packages), Path(images))
    make_server("0.0.0.0", 443, application, threaded=True, ssl_context=(certificate, key)).serve_forever()


def call(service: str, operation: str, parameters: dict[str, Any]) -> Any:
    connect: Any = boto3.client  # whose types want the service by its literal name
    answer = getattr(connect(service), operation)(**parameters)
    return {name: value for name, value in answer.items() if name not in ("ResponseMetadata", "Body")}


if __name__ == "__main__":
    if len(sys.argv) > 1:
        serve(*sys.argv[1:])
    else:
        json.dump([call(**each) for each in json.load(sys.stdin)], sys.stdout, default=str)
