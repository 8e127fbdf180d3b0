"""Stands in for the AWS CLI on an instance: `aws SERVICE OPERATION --option value ... --query ... --output text`."""

from __future__ import annotations

import base64
import sys
from functools import reduce

import boto3


def asked(service: str, operation: str, *words: str) -> str:
    client = boto3.client(service)  # type: ignore[call-overload]  # which service is known only when it runs
    if operation == "get-login-password":  # the CLI's own
        token = client.get_authorization_token()["authorizationData"][0]["authorizationToken"]
        return base64.b64decode(token).decode().partition(":")[-1]
    options = dict(zip(words[::2], words[1::2], strict=True))
    query = options.pop("--query")
    options.pop("--output")
    given = {name[2:].title().replace("-", ""): value for name, value in options.items()}
    answer = getattr(client, operation.replace("-", "_"))(**given)
    return str(reduce(lambda found, name: found[name], query.split("."), answer))


if __name__ == "__main__":
    print(asked(*sys.argv[1:]))
