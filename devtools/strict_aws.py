"""A layer before an emulated AWS: what AWS would refuse, or no model defines, is refused with AWS's error."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

from moto.core.model import OperationModel
from moto.core.serialize import get_serializer_class
from werkzeug.wrappers import Request, Response

from devtools import aws_models
from devtools.aws_requests import Call, NotUnderstoodError, RefusedError, read

PATH = "/strict-aws"  # tells what passed and what was refused; AWS has nothing there
Check = Callable[[Call], RefusedError | None]


class StrictAws:
    """WSGI: passes on what the models and further checks let through; counts it by operation, and keeps reasons and
    which operations Terraform has asked for."""

    def __init__(self, application: Any, *checks: Check) -> None:
        self.application, self.checks = application, (aws_models.refusal, *checks)
        self.passed: Counter[str] = Counter()
        self.refused: list[str] = []
        self.by_terraform: set[str] = set()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == PATH:
            found = {"passed": self.passed, "refused": self.refused, "by_terraform": sorted(self.by_terraform)}
            return Response(json.dumps(found))(environ, start_response)
        body = Request(environ).get_data()
        environ["wsgi.input"] = BytesIO(body)
        answer = self.refusal(environ, body)
        body_of_answer: Iterable[bytes] = (answer or self.application)(environ, start_response)
        return body_of_answer

    def refusal(self, environ: dict[str, Any], body: bytes) -> Response | None:
        try:
            call = read(environ, body)
            refused = next(filter(None, (check(call) for check in self.checks)), None)
        except NotUnderstoodError as error:
            self.refused.append(str(error))
            return Response(json.dumps({"__type": "UnknownOperationException", "message": str(error)}), 400)
        if refused is None:
            self.passed[f"{call.service}.{call.name}"] += 1
            if "HashiCorp" in environ.get("HTTP_USER_AGENT", ""):
                self.by_terraform.add(f"{call.service}.{call.name}")
            return None
        self.refused.append(f"{call.service}.{call.name}: {refused.message}")
        return answer(call.operation, refused)


def answer(operation: OperationModel, error: RefusedError) -> Response:
    model = operation.service_model
    serialize = get_serializer_class(str(model.service_name), str(model.protocol))(operation_model=operation).serialize
    wire = serialize(error)
    status = 403 if error.code == "AccessDenied" else wire["status_code"]  # S3's word; the models have no status for it
    return Response(wire["body"], status, wire["headers"])
