"""Stands in for the AWS CLI where a script uses S3: `aws s3api OPERATION --option value`, and `aws s3 cp` of a file."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import jmespath  # type: ignore[import-untyped]  # it comes with boto3, and has no types
from botocore.config import Config
from botocore.exceptions import ClientError


def client() -> Any:
    # The bucket's own name in front of the service's would need a certificate for every bucket.
    return boto3.client("s3", config=Config(s3={"addressing_style": "path"}))


def copy(*words: str) -> None:
    *_, source, target = words
    bucket, _, key = source.removeprefix("s3://").partition("/")
    Path(target).write_bytes(client().get_object(Bucket=bucket, Key=key)["Body"].read())


def call(operation: str, *words: str) -> None:
    options = {name[2:]: value for name, value in zip(words[::2], words[1::2], strict=True)}
    query, output = options.pop("query", None), options.pop("output", None)
    given: dict[str, Any] = {name.title().replace("-", ""): value for name, value in options.items()}
    if "Body" in given:
        given["Body"] = Path(given["Body"]).read_bytes()
    answer = getattr(client(), operation.replace("-", "_"))(**given)
    if query and output == "text":
        print(text(jmespath.search(query, answer)))


def text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def main(service: str, operation: str, *words: str) -> None:
    try:
        copy(*words) if service == "s3" else call(operation, *words)
    except ClientError as error:
        sys.exit(f"An error occurred: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
