"""Stands in for the AWS CLI on an instance: `aws SERVICE OPERATION --option value ... --query ... --output text`.

Without boto3, which takes longer to load than anything else takes here. Nobody checks the signature.
"""

from __future__ import annotations

import base64
import json
import os
import ssl
import sys
from functools import reduce
from typing import Any
from urllib.request import Request, urlopen

# Host and first part of X-Amz-Target, as AWS's JSON protocol wants them.
SERVICES = {
    "ssm": ("ssm", "AmazonSSM"),
    "secretsmanager": ("secretsmanager", "secretsmanager"),
    "ecr": ("api.ecr", "AmazonEC2ContainerRegistry_V20150921"),
}


def call(service: str, operation: str, **given: str) -> Any:
    host, target = SERVICES[service]
    region, key = os.environ["AWS_DEFAULT_REGION"], os.environ["AWS_ACCESS_KEY_ID"]
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"{target}.{operation}"}
    scope = f"{key}/20260101/{region}/{service}/aws4_request"
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=none"
    address = f"https://{host}.{region}.amazonaws.com/"
    trusted = ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
    with urlopen(Request(address, json.dumps(given).encode(), headers), context=trusted, timeout=60) as answer:
        return json.load(answer)


def output_of(service: str, operation: str, *words: str) -> str:
    if operation == "get-login-password":  # the CLI's own
        token = call(service, "GetAuthorizationToken")["authorizationData"][0]["authorizationToken"]
        return base64.b64decode(token).decode().partition(":")[-1]
    options = {name[2:]: value for name, value in zip(words[::2], words[1::2], strict=True)}
    query = options.pop("query")
    options.pop("output")
    given = {pascal(name): value for name, value in options.items()}
    return str(reduce(lambda found, name: found[name], query.split("."), call(service, pascal(operation), **given)))


def pascal(name: str) -> str:
    return name.title().replace("-", "")


if __name__ == "__main__":
    print(output_of(*sys.argv[1:]))
