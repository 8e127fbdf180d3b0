"""The notes app's composition in its other forms: two hosts of nginx, the database as a cluster, no way out."""

import base64
import gzip
import json
from typing import Any

import pytest

from app.files.s3 import INFECTED
from devtools.composition import Composition, zone
from infra.conftest import Apply
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.questions import (
    accepted,
    bucket_of_files,
    container,
    launch_template,
    may,
    records,
    rules,
    subnet_ids,
    subnets,
    way_out,
)
from infra.reachability import matrix
from infra.tables import THREE_TIER_WITHOUT_NAT

MAIL_URL = "smtps://AKIAEXAMPLE:aSecretOfTheOperator@email-smtp.eu-central-1.amazonaws.com:465"  # filled by a person
ADMIN = {"203.0.113.7/32": "admin"}


@pytest.fixture(scope="module")
def composition(apply: Apply) -> Composition:
    def zoned(composition: Composition) -> dict[str, Any]:
        return {"zone_id": zone(composition, "example.org")}

    cluster = {"kind": "cluster", "instance_class": "db.c6gd.medium"}
    mail = {"from": "notes@example.org"}
    applied = apply("three-tier", before=zoned, front="two", nat="none", database=cluster, mail=mail, scan_files=True)
    applied.client("secretsmanager").put_secret_value(SecretId="notes/mail-url", SecretString=MAIL_URL)
    return applied


def test_new_files_are_scanned_and_get_the_result_as_a_tag(composition: Composition) -> None:
    guardduty, bucket = composition.client("guardduty"), bucket_of_files(composition)
    [found] = guardduty.list_malware_protection_plans()["MalwareProtectionPlans"]
    plan = guardduty.get_malware_protection_plan(MalwareProtectionPlanId=found["MalwareProtectionPlanId"])
    assert plan["ProtectedResource"] == {"S3Bucket": {"BucketName": bucket, "ObjectPrefixes": ["files/"]}}
    assert plan["Actions"] == {"Tagging": {"Status": "ENABLED"}}
    assert plan["Role"].endswith(":role/notes-malware-scan")


def test_the_scan_may_read_and_tag_files_and_hear_of_new_ones(composition: Composition) -> None:
    role, bucket = "notes-malware-scan", f"arn:aws:s3:::{bucket_of_files(composition)}"
    rule = f"arn:aws:events:{composition.region}:123456789012:rule/DO-NOT-DELETE-AmazonGuardDutyMalwareProtectionS3-0f"
    for action in ("GetObject", "GetObjectVersion", "PutObjectTagging", "PutObjectVersionTagging"):
        assert may(composition, role, f"s3:{action}", f"{bucket}/files/1/0f")
        assert not may(composition, role, f"s3:{action}", f"{bucket}/other")
    assert may(composition, role, "s3:PutBucketNotification", bucket)
    assert may(composition, role, "s3:PutObject", f"{bucket}/malware-protection-resource-validation-object")
    assert not may(composition, role, "s3:PutObject", f"{bucket}/files/1/0f")
    assert not may(composition, role, "s3:DeleteObject", f"{bucket}/files/1/0f")
    guardduty = {"events__ManagedBy": "malware-protection-plan.guardduty.amazonaws.com"}
    assert may(composition, role, "events:PutRule", rule, **guardduty)
    assert not may(composition, role, "events:PutRule", rule)


def test_alarms_tell_what_the_scan_found_and_that_it_does_not_work(composition: Composition) -> None:
    alarms = composition.client("cloudwatch").describe_alarms()["MetricAlarms"]
    ours = [one for one in alarms if one.get("Namespace") == "AWS/GuardDuty/MalwareProtection"]
    assert {one["MetricName"] for one in ours} == {"InfectedScanCount", "FailedScanCount", "SkippedScanCount"}
    [plan] = composition.client("guardduty").list_malware_protection_plans()["MalwareProtectionPlans"]
    scan = {"Malware Protection Plan Id": plan["MalwareProtectionPlanId"]}
    scan |= {"Resource Name": bucket_of_files(composition)}
    for one in ours:
        why = {"Skipped Reason": "MissingPermissions"} if one["MetricName"] == "SkippedScanCount" else {}
        assert {dimension["Name"]: dimension["Value"] for dimension in one["Dimensions"]} == scan | why


def test_nobody_is_given_what_the_scan_found_and_the_app_may_ask_why(composition: Composition) -> None:
    bucket = bucket_of_files(composition)
    policy = json.loads(composition.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    [denial] = [one for one in policy["Statement"] if one["Sid"] == "WithholdTaggedObjects"]
    tag = f"s3:ExistingObjectTag/{INFECTED['Key']}"
    assert (denial["Effect"], denial["Principal"]) == ("Deny", "*")
    assert denial["Condition"] == {"StringEquals": {tag: INFECTED["Value"]}}
    assert "s3:GetObject" in denial["Action"]
    assert may(composition, "notes-app-task", "s3:GetObjectTagging", f"arn:aws:s3:::{bucket}/files/1/0f")
    assert not may(composition, "notes-app-task", "s3:PutObjectTagging", f"arn:aws:s3:::{bucket}/files/1/0f")


def cluster(composition: Composition) -> dict[str, Any]:
    [found] = composition.client("rds").describe_db_clusters()["DBClusters"]
    return dict(found)


def test_d8_the_cluster_is_mysql_private_encrypted_and_in_the_three_private_zones(composition: Composition) -> None:
    found = cluster(composition)
    assert (found["Engine"], found["DatabaseName"], found["EngineVersion"][:3]) == ("mysql", "notes", "8.4")
    assert (found["StorageEncrypted"], found["DeletionProtection"]) == (True, True)
    assert found["BackupRetentionPeriod"] >= 7
    groups = composition.client("rds").describe_db_subnet_groups(DBSubnetGroupName=found["DBSubnetGroup"])
    within = {subnet["SubnetIdentifier"] for subnet in groups["DBSubnetGroups"][0]["Subnets"]}
    assert within == subnet_ids(composition, "private")
    assert len({s["AvailabilityZone"] for s in subnets(composition) if s["SubnetId"] in within}) == 3
    assert composition.client("rds").describe_db_instances()["DBInstances"] == []


def test_d8_the_app_writes_at_the_writer_endpoint_and_reads_exports_at_the_reader_endpoint(
    composition: Composition,
) -> None:
    found = {entry["name"]: entry["value"] for entry in container(composition, "notes-app")["environment"]}
    assert found["DATABASE_URL"] == f"mysql+pymysql://{cluster(composition)['Endpoint']}:3306/notes"
    assert found["DATABASE_READER_URL"] == f"mysql+pymysql://{cluster(composition)['ReaderEndpoint']}:3306/notes"
    assert accepted(found)["SQLALCHEMY_BINDS"]["reader"]["url"].host == cluster(composition)["ReaderEndpoint"]


def test_d8_the_cluster_refuses_connections_without_tls(composition: Composition) -> None:
    group = cluster(composition)["DBClusterParameterGroup"]
    pages = composition.client("rds").describe_db_cluster_parameters(DBClusterParameterGroupName=group)
    values = {p["ParameterName"]: p.get("ParameterValue") for p in pages["Parameters"]}
    assert values["require_secure_transport"] == "1"


def test_its_alarms_look_at_the_cluster_and_at_how_far_its_copies_are_behind(composition: Composition) -> None:
    alarms = composition.client("cloudwatch").describe_alarms(AlarmNamePrefix="notes-")["MetricAlarms"]
    watched = {alarm["AlarmName"]: alarm["Dimensions"] for alarm in alarms if alarm.get("Namespace") == "AWS/RDS"}
    assert "notes-copies-lag" in watched
    assert set(map(str, watched.values())) == {str([{"Name": "DBClusterIdentifier", "Value": "notes"}])}


def test_d5_private_subnets_have_no_way_out_at_all(composition: Composition) -> None:
    assert {way_out(composition, subnet) for subnet in subnet_ids(composition, "private")} <= {"", "nowhere", "local"}
    assert composition.client("ec2").describe_nat_gateways()["NatGateways"] == []


def test_every_pair_of_hosts_and_every_port_without_nat(composition: Composition) -> None:
    """nginx's logs among them: their service's name leads to an endpoint in the whole VPC."""
    with_mail = {("app", "endpoints"): {"443", "465"}}
    assert matrix(composition, ADMIN) == THREE_TIER_WITHOUT_NAT | with_mail


def test_mails_leave_through_an_endpoint_of_ses_and_by_no_other_port(composition: Composition) -> None:
    found = composition.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]
    assert "com.amazonaws.eu-central-1.email-smtp" in {endpoint["ServiceName"] for endpoint in found}
    assert {rule for rule in rules(composition) if rule[3] in {"25", "465", "587"}} == {
        ("out", "app", "endpoints", "465"),
        ("in", "endpoints", "app", "465"),
    }


def test_the_app_sends_by_what_a_person_puts_into_a_secret_that_nothing_but_its_start_reads(
    composition: Composition,
) -> None:
    task = container(composition, "notes-app")
    url = next(secret["valueFrom"] for secret in task["secrets"] if secret["name"] == "MAIL_URL")
    assert may(composition, "notes-app-execution", "secretsmanager:GetSecretValue", url)
    assert not may(composition, "notes-app-task", "secretsmanager:GetSecretValue", url)
    given = {entry["name"]: entry["value"] for entry in task["environment"]}
    assert (given["MAIL_FROM"], given["PUBLIC_URL"]) == ("notes@example.org", "https://notes.example.org")
    assert accepted(given | {"MAIL_URL": MAIL_URL})["MAIL_URL"] == MAIL_URL


def test_the_user_of_ses_sends_from_one_address_and_does_nothing_else(composition: Composition) -> None:
    iam = composition.client("iam")
    document = iam.get_user_policy(UserName="notes-mail", PolicyName="send")["PolicyDocument"]
    [statement] = document["Statement"]
    assert statement["Action"] == "ses:SendRawEmail"
    assert statement["Resource"] == "arn:aws:ses:eu-central-1:123456789012:identity/example.org"
    assert statement["Condition"] == {"StringEquals": {"ses:FromAddress": "notes@example.org"}}
    assert iam.list_access_keys(UserName="notes-mail")["AccessKeyMetadata"] == []


def test_the_domain_of_the_mails_is_an_identity_that_signs_by_records_in_the_zone(composition: Composition) -> None:
    identity = composition.client("sesv2").get_email_identity(EmailIdentity="example.org")
    tokens = identity["DkimAttributes"]["Tokens"]
    assert len(tokens) == 3
    for token in tokens:
        [record] = records(composition)[f"{token}._domainkey.example.org", "CNAME"]
        assert record["ResourceRecords"] == [{"Value": f"{token}.dkim.amazonses.com"}]


def test_records_that_are_not_the_zones_are_left_to_the_owner_of_their_domain(composition: Composition) -> None:
    planned = composition.plan("-refresh=false", '-var=mail={"from":"notes@counterexample.org"}')
    assert planned.one("aws_sesv2_email_identity", email_identity="counterexample.org")
    assert [record for record in planned.values("aws_route53_record") if record["type"] == "CNAME"] == []


HOSTS = ("notes-nginx", "notes-nginx-2")


def test_a_host_of_nginx_stands_in_each_public_subnet_with_an_address_of_its_own(composition: Composition) -> None:
    found = composition.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=list(HOSTS))
    places = {group["AutoScalingGroupName"]: group["VPCZoneIdentifier"] for group in found["AutoScalingGroups"]}
    assert set(places.values()) == subnet_ids(composition, "public")
    assert len(set(addresses(composition).values())) == 2
    for host in HOSTS:
        assert addresses(composition)[host][0] in launch_template_script(composition, host)
        assert "--hosts two" in launch_template_script(composition, host)


def addresses(composition: Composition) -> dict[str, tuple[str, str]]:
    """Host => allocation and address."""
    found = composition.client("ec2").describe_addresses(Filters=[{"Name": "tag:Name", "Values": list(HOSTS)}])
    return {
        next(tag["Value"] for tag in of["Tags"] if tag["Key"] == "Name"): (of["AllocationId"], of["PublicIp"])
        for of in found["Addresses"]
    }


def launch_template_script(composition: Composition, host: str) -> str:
    return gzip.decompress(base64.b64decode(launch_template(composition, host)["UserData"])).decode()


def test_route_53_answers_both_addresses_while_they_serve(composition: Composition) -> None:
    found = records(composition)["notes.example.org", "A"]
    assert all(record["MultiValueAnswer"] and record["TTL"] == 30 for record in found)
    answered = {record["ResourceRecords"][0]["Value"]: record["HealthCheckId"] for record in found}
    assert set(answered) == {address for _, address in addresses(composition).values()}
    for address, check in answered.items():
        settings = composition.client("route53").get_health_check(HealthCheckId=check)["HealthCheck"][
            "HealthCheckConfig"
        ]
        assert (settings["IPAddress"], settings["Type"], settings["ResourcePath"]) == (address, "HTTPS", "/livez")
        assert settings["FullyQualifiedDomainName"] == "notes.example.org"


def test_both_hosts_keep_one_certificate_and_order_one_at_a_time(composition: Composition) -> None:
    bucket = f"arn:aws:s3:::notes-nginx-files-123456789012-{composition.region}"
    for host in HOSTS:
        assert "/opt/nginx/certbot/keep 'notes.example.org'" in launch_template_script(composition, host)
        for action in ("s3:GetObject", "s3:PutObject"):
            assert may(composition, host, action, f"{bucket}/letsencrypt.tar.gz")
        assert may(composition, host, "s3:DeleteObject", f"{bucket}/order.lock")
        assert not may(composition, host, "s3:DeleteObject", f"{bucket}/letsencrypt.tar.gz")


def test_missing_metrics_of_either_host_are_an_alarm(composition: Composition) -> None:
    alarms = composition.client("cloudwatch").describe_alarms(AlarmNamePrefix="notes-nginx-down")["MetricAlarms"]
    metrics = [query["MetricStat"]["Metric"] for alarm in alarms for query in alarm["Metrics"] if "MetricStat" in query]
    assert {metric["Namespace"] for metric in metrics} == set(HOSTS)
    assert {alarm["TreatMissingData"] for alarm in alarms} == {"breaching"}
