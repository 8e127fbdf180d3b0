"""What holds for the bucket of files of both compositions with notes: private, encrypted, and never lost by a mistake.

Their test files import these tests, so that one worker applies each and asks all of them.
"""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from devtools.composition import Composition
from infra.questions import bucket_of_files, in_state, subnet_ids


def test_files_are_encrypted_by_the_key_that_outlives_the_composition(composition: Composition) -> None:
    s3, name = composition.client("s3"), bucket_of_files(composition)
    [rule] = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    [databases] = [*in_state(composition, "aws_db_instance"), *in_state(composition, "aws_rds_cluster")]
    encryption = rule["ApplyServerSideEncryptionByDefault"]
    assert encryption == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": databases["kms_key_id"]}
    assert rule["BucketKeyEnabled"] is True


def test_nobody_reaches_files_without_tls_or_from_outside(composition: Composition) -> None:
    s3, name = composition.client("s3"), bucket_of_files(composition)
    assert all(s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"].values())
    [statement] = json.loads(s3.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Action"], statement["Principal"]) == ("Deny", "s3:*", "*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert set(statement["Resource"]) == {f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"}


def test_a_deleted_file_can_be_had_back_for_longer_than_any_copy_of_the_database(composition: Composition) -> None:
    s3, name, backup = composition.client("s3"), bucket_of_files(composition), composition.client("backup")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    [rule] = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert (rule["Status"], rule.get("Prefix", ""), rule.get("Filter", {})) == ("Enabled", "", {"Prefix": ""})
    plan = backup.list_backup_plans()["BackupPlansList"][0]["BackupPlanId"]
    [daily] = backup.get_backup_plan(BackupPlanId=plan)["BackupPlan"]["Rules"]
    recovery = 35  # days, the most that RDS takes for going back to a second
    assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] > max(daily["Lifecycle"]["DeleteAfterDays"], recovery)
    # What is there stays there; only what marks a deletion goes, after the last version that it hides.
    assert rule["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_the_way_to_the_bucket_is_the_gateway_endpoint_and_not_nat(composition: Composition) -> None:
    ec2 = composition.client("ec2")
    [endpoint] = [
        one
        for one in ec2.describe_vpc_endpoints()["VpcEndpoints"]
        if one["ServiceName"] == f"com.amazonaws.{composition.region}.s3"
    ]
    assert endpoint["VpcEndpointType"] == "Gateway"
    private = [{"Name": "association.subnet-id", "Values": list(subnet_ids(composition, "private"))}]
    tables = {table["RouteTableId"] for table in ec2.describe_route_tables(Filters=private)["RouteTables"]}
    assert tables
    assert tables <= set(endpoint["RouteTableIds"])
    assert admits_everything(endpoint)


def admits_everything(endpoint: dict[str, Any]) -> bool:
    """Whether an endpoint leaves it to the roles and the buckets: layers of images and packages pass it, too."""
    given = json.loads(endpoint.get("PolicyDocument") or "{}").get("Statement", [])
    return all((one["Effect"], one["Action"], one["Resource"]) == ("Allow", "*", "*") for one in given)


def test_terraform_deletes_no_file_whatever_protected_says(composition: Composition) -> None:
    s3, name = composition.client("s3"), bucket_of_files(composition)
    planned = composition.plan("-refresh=false", "-var=protected=false")
    assert planned.one("aws_s3_bucket", bucket=name)["force_destroy"] is False
    s3.put_object(Bucket=name, Key="files/1/0f", Body=b"cat")
    try:
        with pytest.raises(ClientError, match="BucketNotEmpty"):
            s3.delete_bucket(Bucket=name)
        s3.delete_object(Bucket=name, Key="files/1/0f")
        # Deleted for whoever looks; its version is there, and still holds the bucket.
        with pytest.raises(ClientError, match="BucketNotEmpty"):
            s3.delete_bucket(Bucket=name)
    finally:
        for one in s3.list_object_versions(Bucket=name).get("Versions", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
        for one in s3.list_object_versions(Bucket=name).get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
