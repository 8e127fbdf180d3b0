"""Which IAM actions an operation of AWS needs. AWS names most as their operations; the others stand here.

Source of the exceptions: the tables "Actions" of AWS's Service Authorization Reference, one page a service.
"""

# By the name of botocore's model, where IAM's name of the service differs.
PREFIXES = {"elbv2": "elasticloadbalancing", "sesv2": "ses", "stepfunctions": "states", "s3control": "s3"}
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
    "s3:UploadPartCopy": ["s3:PutObject"],
    "s3:PutBucketEncryption": ["s3:PutEncryptionConfiguration"],
    "s3:PutBucketLifecycleConfiguration": ["s3:PutLifecycleConfiguration"],
    "s3:PutPublicAccessBlock": ["s3:PutBucketPublicAccessBlock"],
    "cloudfront:CreateDistributionWithTags": ["cloudfront:CreateDistribution", "cloudfront:TagResource"],
}


def actions(service: str, operation: str) -> list[str]:
    """Of an operation of a service, both by botocore's names."""
    prefix = PREFIXES.get(service, service)
    if prefix == "budgets":
        reads = operation.startswith(("Describe", "View"))
        return [
            "budgets:ViewBudget" if reads else f"budgets:{operation}" if "Tag" in operation else "budgets:ModifyBudget"
        ]
    return OPERATIONS.get(f"{prefix}:{operation}", [f"{prefix}:{operation}"])
