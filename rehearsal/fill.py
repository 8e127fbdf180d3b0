"""Runs beside moto: makes the secrets and tables that it is told to."""

from __future__ import annotations

import json
import sys
from typing import Any

import boto3


def fill(secrets: dict[str, str], tables: list[dict[str, Any]]) -> None:
    for name, value in secrets.items():
        boto3.client("secretsmanager").create_secret(Name=name, SecretString=value)
    for table in tables:
        boto3.client("dynamodb").create_table(**table)


if __name__ == "__main__":
    fill(**json.load(sys.stdin))
