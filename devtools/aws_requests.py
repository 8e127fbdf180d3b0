"""What a request asks of AWS: service, operation and parameters, read by the models of AWS's own SDK (botocore)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

from botocore.loaders import Loader
from botocore.serialize import create_serializer
from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS, RequestDict
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import ServiceOperationRouter
from werkzeug.exceptions import HTTPException

# Services that sign by another name than their model's.
MODELS = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch", "ses": "sesv2", "states": "stepfunctions"}
S3_CONTROL = "/v20180820/"  # signed as S3


class NotUnderstoodError(Exception):
    """Nothing that AWS offers: no such service, no such operation, or a body of another form."""


@dataclass(frozen=True)
class Call:
    """`caller` is the access key that it is signed with; `unknown` names what was sent and no parameter holds."""

    service: str
    region: str
    caller: str
    operation: OperationModel
    parameters: Mapping[str, Any]
    unknown: frozenset[str] = field(default_factory=frozenset)

    @property
    def name(self) -> str:
        return str(self.operation.name)


# How services say that a parameter is wrong, by their protocol; some have words of their own.
CODES = {
    "ec2": "InvalidParameterValue",
    "query": "ValidationError",
    "json": "ValidationException",
    "rest-json": "ValidationException",
    "rest-xml": "InvalidArgument",
}
CODES_OF_SERVICES = {
    "rds": "InvalidParameterValue",
    "ecs": "ClientException",
    "secretsmanager": "InvalidParameterException",
    "logs": "InvalidParameterException",
}


class RefusedError(ServiceException):
    """AWS's answer: a code and a message. (Moto looks for the model of an exception by the module it stands in.)"""

    @classmethod
    def of(cls, call: Call, faults: list[str]) -> RefusedError:
        """For parameters that are wrong."""
        protocol = str(call.operation.service_model.protocol)
        return cls(CODES_OF_SERVICES.get(call.service) or CODES[protocol], "; ".join(faults))


class Signature(NamedTuple):
    """Of a request: Signature Version 4, which is not verified. `caller` is the access key."""

    caller: str
    region: str
    service: str


def signed(environ: Mapping[str, Any]) -> Signature | None:
    """None of a request that is not signed."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].split(",")[0].split("/")
    return Signature(scope[0], scope[2], scope[3]) if len(scope) == 5 else None


def read(environ: Mapping[str, Any], body: bytes) -> Call:
    """Raises NotUnderstoodError."""
    signature = signed(environ)
    if signature is None:
        raise NotUnderstoodError("The request is not signed.")
    caller, region, signed_for = signature
    in_s3_control = signed_for == "s3" and environ["PATH_INFO"].startswith(S3_CONTROL)
    service = "s3control" if in_s3_control else MODELS.get(signed_for, signed_for)
    if service not in services():
        raise NotUnderstoodError(f"AWS has no service {service}.")
    request = Request({**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
    operation, in_path = route(service, request)
    return Call(service, region, caller, operation, *parse(operation, request, in_path))


@cache
def services() -> frozenset[str]:
    return frozenset(Loader().list_available_services("service-2"))


@cache
def router(service: str) -> ServiceOperationRouter:
    return ServiceOperationRouter(ServiceModel(Loader().load_service_model(service, "service-2"), service))


def route(service: str, request: Request) -> tuple[OperationModel, dict[str, Any]]:
    """The operation, and the parameters that stand in the path."""
    try:
        return router(service).match(request)
    except (
        HTTPException,  # no such path or method
        NotImplementedError,  # moto's answer to a body that no protocol of the service has: a form where it takes JSON
    ) as error:
        asked = request.values.get("Action") or request.headers.get("X-Amz-Target") or request.path
        raise NotUnderstoodError(f"{service} has no operation {request.method} {asked}.") from error


def parse(
    operation: OperationModel, request: Request, in_path: dict[str, Any]
) -> tuple[dict[str, Any], frozenset[str]]:
    """The parameters, and what was sent beside them."""
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    wire: RequestDict = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": request.get_data(),
        "url_path": request.path,
        "url_params": in_path,
    }
    try:
        parsed: dict[str, Any] = PROTOCOL_PARSERS[protocol](operation).parse(wire)
        return parsed, unknown(operation, parsed, request, protocol)
    except Exception as error:  # the parsers raise what reading brings: ValueError, KeyError, TypeError, ...
        raise NotUnderstoodError(f"{operation.name} cannot be read: {error!r}.") from error


def unknown(operation: OperationModel, parameters: dict[str, Any], request: Request, protocol: str) -> frozenset[str]:
    """What was sent and would not be sent again by one who has but the parameters: those fields no member holds."""
    if operation.input_shape is None:
        return frozenset()
    again = create_serializer(protocol, include_validation=False).serialize_to_request(parameters, operation)
    if protocol in ("query", "ec2"):
        return frozenset(request.values) - frozenset(again["body"])
    payload = operation.input_shape.serialization.get("payload")
    if payload and operation.input_shape.members[payload].type_name in ("blob", "string"):
        return frozenset()  # the body is data
    paths = xml_paths if protocol == "rest-xml" else json_paths
    return frozenset(paths(request.get_data())) - frozenset(paths(again["body"]))


def json_paths(body: bytes) -> Iterator[str]:
    """Each member, and of what JSON type it is."""
    return _json_paths(json.loads(body or b"{}"), "")


def _json_paths(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, dict):
        for key, member in value.items():
            if member is not None:
                yield from _json_paths(member, f"{path}.{key}")
    elif isinstance(value, list):
        for member in value:
            yield from _json_paths(member, f"{path}[]")
    else:
        kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__
        yield f"{path.removeprefix('.')}: {kind}"


def xml_paths(body: bytes) -> Iterator[str]:
    return _xml_paths(ET.fromstring(body), "") if body else iter(())


def _xml_paths(element: ET.Element, path: str) -> Iterator[str]:
    here = f"{path}/{element.tag.rpartition('}')[2]}"
    yield here
    for child in element:
        yield from _xml_paths(child, here)
