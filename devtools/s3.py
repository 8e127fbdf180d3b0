"""Buckets of an emulated S3 (the server of devtools/dynamodb.py, which is moto for every service)."""

from __future__ import annotations

import boto3

from devtools.dynamodb import CREDENTIALS

REGION = "eu-central-1"


def create_bucket(address: str, name: str) -> None:
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )
    client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
