"""Content of AWS's services, beside moto: makes secrets, tables, parameters, a bucket; lists a table's numbers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import boto3
from botocore.config import Config


def fill(
    secrets: Mapping[str, str] = {},
    tables: Sequence[dict[str, Any]] = (),
    changed: Mapping[str, str] = {},
    parameters: Mapping[str, str] = {},
    bucket: str = "",
) -> None:
    if bucket:
        region = {"LocationConstraint": boto3.session.Session().region_name}
        boto3.client("s3", config=Config(s3={"addressing_style": "path"})).create_bucket(
            Bucket=bucket, CreateBucketConfiguration=region
        )
    for name, value in secrets.items():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)
    for name, value in changed.items():
        boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=value)
    for table in tables:
        boto3.client("dynamodb").create_table(**table)
    for name, value in parameters.items():
        boto3.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)


def numbers(table: str) -> list[str]:
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=table)
    return [item["number"]["S"] for page in pages for item in page["Items"] if "number" in item]


if __name__ == "__main__":
    if len(sys.argv) == 1:
        fill(**json.load(sys.stdin))
    else:
        json.dump(numbers(sys.argv[1]), sys.stdout)
