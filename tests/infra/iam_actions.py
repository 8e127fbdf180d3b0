"""Which IAM action a request needs. AWS names most actions as their operations; the others stand here.

Source of the exceptions: the tables "Actions" of AWS's Service Authorization Reference, one page a service.
"""

import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import parse_qsl

import botocore.session

PREFIXES = {"monitoring": "cloudwatch"}  # by the service that a request is signed for, where IAM's name differs
MODELS = {"ses": "sesv2"}  # by the same, where botocore's name differs
OPERATIONS = {
    "s3:CopyObject": ["s3:PutObject"],
    "s3:DeleteBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:DeleteBucketLifecycle": ["s3:PutLifecycleConfiguration"],
    "s3:DeleteObjects": ["s3:DeleteObject", "s3:DeleteObjectVersion"],
    "s3:DeletePublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "s3:GetBucketAccelerateConfiguration": ["s3:GetAccelerateConfiguration"],
    "s3:GetBucketEncryption": ["s3:GetEncryptionConfiguration"],
    "s3:GetBucketLifecycleConfiguration": ["s3:GetLifecycleConfiguration"],
    "s3:GetBucketReplication": ["s3:GetReplicationConfiguration"],
    "s3:GetObjectLockConfiguration": ["s3:GetBucketObjectLockConfiguration"],
    "s3:GetPublicAccessBlock": ["s3:GetBucketPublicAccessBlock"],
    "s3:HeadBucket": ["s3:ListBucket"],
    "s3:HeadObject": ["s3:GetObject"],
    "s3:ListObjectsV2": ["s3:ListBucket"],
    "s3:ListObjectVersions": ["s3:ListBucketVersions"],
    "s3:UploadPartCopy": ["s3:PutObject"],  # told from PutObject by a header alone
    "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "cloudfront:CreateDistributionWithTags": ["cloudfront:CreateDistribution", "cloudfront:TagResource"],
}


def actions(asked: dict[str, str]) -> list[str]:
    """The actions of one request, as the emulator writes it down; LookupError where its operation is not known."""
    service = asked["service"]
    operation = asked["action"] or asked["target"].rpartition(".")[2] or rest_operation(asked)
    prefix = PREFIXES.get(service, service)
    if prefix == "budgets":
        reads = operation.startswith(("Describe", "View"))
        return [
            "budgets:ViewBudget" if reads else f"budgets:{operation}" if "Tag" in operation else "budgets:ModifyBudget"
        ]
    return OPERATIONS.get(f"{prefix}:{operation}", [f"{prefix}:{operation}"])


def rest_operation(asked: dict[str, str]) -> str:
    """The operation of a request that is named by its method and address alone."""
    given = dict(parse_qsl(asked["query"], keep_blank_values=True))
    found = [
        (len(query), len(re.sub(r"\[\^/\]\+|\.\+", "", path)), name)
        for name, method, path, query in rest_operations(MODELS.get(asked["service"], asked["service"]))
        if method == asked["method"]
        and re.fullmatch(path, asked["path"].rstrip("/") or "/")
        and all(key in given and value in ("", given[key]) for key, value in query.items())
    ]
    if not found:
        raise LookupError(f"no operation of {asked}")
    return max(found)[2]


@cache
def rest_operations(service: str) -> list[tuple[str, str, str, dict[str, str]]]:
    """Name, method, pattern of the path, and what must be in the query."""
    return list(_rest_operations(service))


def _rest_operations(service: str) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    model = botocore.session.get_session().get_service_model(service)
    for name in model.operation_names:
        http = model.operation_model(name).http
        path, _, query = http["requestUri"].partition("?")
        pattern = re.sub(
            r"\\\{\w+(\\\+)?\\\}", lambda part: ".+" if part[1] else "[^/]+", re.escape(path.rstrip("/") or "/")
        )
        yield name, http["method"], pattern, dict(parse_qsl(query, keep_blank_values=True))
