"""The deployer's policies: actions that exist, wildcards that read settings alone, and what is left out on purpose.

That it allows all that Terraform asks for is a test of every composition.
"""

import copy
import re

from policy_sentry.querying.all import get_all_actions

from devtools.aws_actions import actions
from infra.deployer import DOCUMENTS, STATEMENTS, allowed, not_allowed

# Here a read may tell a secret, or data.
TELLS_MORE_THAN_SETTINGS = {"dynamodb", "ecr", "s3", "secretsmanager", "sts"}


def wildcards() -> list[tuple[str, str]]:
    patterns = [(one["Sid"], pattern) for one in STATEMENTS for pattern in one["Action"]]
    return [(sid, pattern) for sid, pattern in patterns if "*" in pattern]


def test_every_action_is_one_of_awss() -> None:
    known = {action.lower() for action in get_all_actions()}
    named = {pattern for one in STATEMENTS for pattern in one["Action"] if "*" not in pattern}
    assert {action for action in named if action.lower() not in known} == set()


def test_a_wildcard_only_reads_settings() -> None:
    assert [found for found in wildcards() if not re.fullmatch(r"[a-z0-9-]+:(Describe|Get|List)\*", found[1])] == []
    assert {sid for sid, _ in wildcards()} == {"ReadSettings"}
    patterns = {pattern for _, pattern in wildcards()}
    assert {pattern.partition(":")[0] for pattern in patterns} & TELLS_MORE_THAN_SETTINGS == set()
    assert patterns & {"ec2:Get*", "logs:Get*", "ssm:Get*"} == set()  # passwords, log lines, encrypted parameters


def test_what_a_deployer_does_not_need_is_not_allowed() -> None:
    for action in (
        *("iam:CreateAccessKey", "iam:CreateLoginProfile"),
        *(
            "organizations:LeaveOrganization",
            "sso:CreatePermissionSet",
            "dynamodb:Scan",
            "dynamodb:GetItem",
            "rds:CopyDBSnapshot",
        ),
        *("secretsmanager:BatchGetSecretValue", "ssm:SendCommand", "ssm:StartSession", "ecs:ExecuteCommand"),
    ):
        assert not allowed(action), action


def test_each_document_fits_into_a_managed_policy() -> None:
    """IAM's quota: 6,144 characters without white space."""
    assert len(DOCUMENTS) == 3
    for document in DOCUMENTS:
        assert len(re.sub(r"\s", "", document.read_text())) <= 6_144


def test_an_action_that_is_called_and_not_allowed_is_found() -> None:
    lacking = copy.deepcopy(STATEMENTS)
    for statement in lacking:
        statement["Action"] = [pattern for pattern in statement["Action"] if pattern != "ec2:CreateVpc"]
    asked = ["ec2.CreateVpc", "ec2.DeleteVpc"]
    assert (not_allowed(asked), not_allowed(asked, lacking)) == (set(), {"ec2:CreateVpc"})


def test_an_action_has_iams_name_for_its_service_and_itself() -> None:
    asked = [
        ("cloudwatch", "PutMetricAlarm"),
        ("ecs", "RunTask"),
        ("s3", "PutBucketEncryption"),
        ("sesv2", "CreateEmailIdentity"),
        ("budgets", "CreateBudget"),
    ]
    assert [actions(*operation) for operation in asked] == [
        ["cloudwatch:PutMetricAlarm"],
        ["ecs:RunTask"],
        ["s3:PutEncryptionConfiguration"],
        ["ses:CreateEmailIdentity"],
        ["budgets:ModifyBudget"],
    ]
