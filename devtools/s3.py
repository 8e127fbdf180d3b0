"""Buckets of an emulated S3 (the server of devtools/dynamodb.py, which is moto for every service)."""

from __future__ import annotations

import json
from typing import Any

import boto3
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.s3.models import s3_backends

from devtools.aws_authorization import ACCOUNT, Question, Statement, applies, as_list
from devtools.aws_requests import Call, RefusedError
from devtools.dynamodb import CREDENTIALS

REGION = "eu-central-1"
TAG = "s3:ExistingObjectTag/"


def client(address: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=address,
        region_name=REGION,
        aws_access_key_id=CREDENTIALS["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=CREDENTIALS["AWS_SECRET_ACCESS_KEY"],
    )


def create_bucket(address: str, name: str) -> None:
    client(address).create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})


# --- In the server ---------------------------------------------------------------------------------------------------


def refusal_by_tag(call: Call) -> RefusedError | None:
    """What the policy of a bucket denies by an object's tags: moto keeps both, and looks at no condition."""
    if (call.service, call.name) not in {("s3", "GetObject"), ("s3", "HeadObject")}:
        return None
    backend, name = s3_backends[ACCOUNT]["aws"], call.parameters["Bucket"]
    policy = backend.buckets[name].policy if name in backend.buckets else None
    found = backend.get_object(name, call.parameters["Key"]) if policy else None
    if not policy or not found:
        return None
    tags = {f"{TAG}{key}": value for key, value in backend.tagger.get_tag_dict_for_resource(found.arn).items()}
    question = Question("s3:GetObject", f"arn:aws:s3:::{name}/{call.parameters['Key']}", tags)
    for statement in as_list(json.loads(policy)["Statement"]):
        if statement["Effect"] == "Deny" and is_about_tags(statement):
            everybodys = {key: value for key, value in statement.items() if key != "Principal"}
            if applies(everybodys, question):
                return RefusedError("AccessDenied", "Access Denied")
    return None


def is_about_tags(statement: Statement) -> bool:
    return any(key.startswith(TAG) for keys in statement.get("Condition", {}).values() for key in keys)


def leave_tags_to_this() -> None:
    """Let moto pass over what `refusal_by_tag` looks at: without its condition it would deny every object."""
    permitted = IAMPolicyStatement.is_action_permitted

    def unless_about_tags(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        return PermissionResult.NEUTRAL if is_about_tags(self._statement) else permitted(self, *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = unless_about_tags  # type: ignore[method-assign]
