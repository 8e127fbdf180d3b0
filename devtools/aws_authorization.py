"""What a role may do, by the policies that are attached to it: all else is denied, as IAM does.

Rules: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. Not evaluated:
policies of resources (buckets, keys, topics), boundaries, and those of an organization.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from moto.iam.aws_managed_policies import aws_managed_policies_data

from devtools.aws_actions import actions
from devtools.aws_requests import Call, NotUnderstoodError, RefusedError
from devtools.terraform_json import Document

ACCOUNT = "123456789012"  # of every emulated AWS

Statement = dict[str, Any]


class Question(NamedTuple):
    """`context` has the values of condition keys."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = {}


class Authorization:
    """Lets a caller do what its role may; the access key of a caller is the name of its role."""

    def __init__(self, roles: Mapping[str, list[Statement]]) -> None:
        self.roles = roles

    def refusal(self, call: Call) -> RefusedError | None:
        """Raises NotUnderstoodError for an action whose resource is not known, and for what is not evaluated here."""
        role = self.roles.get(call.caller)
        if role is None:
            return RefusedError("InvalidClientTokenId", f"There is no role {call.caller}.")
        asked = [Question(action, resource(action, call)) for action in actions(call.service, call.name)]
        denied = [f"{question.action} on {question.resource}" for question in asked if not is_allowed(role, question)]
        return RefusedError("AccessDeniedException", f"{call.caller} may not {', '.join(denied)}") if denied else None


def roles(document: Document) -> dict[str, list[Statement]]:
    """The statements of each role's own policies."""
    found: dict[str, list[Statement]] = {role["name"]: [] for role in document.values("aws_iam_role")}
    for policy in document.values("aws_iam_role_policy"):
        found[policy["role"]] += as_list(json.loads(policy["policy"])["Statement"])
    return found


def roles_with_awss_policies(document: Document) -> dict[str, list[Statement]]:
    """The same with what AWS's own policies add, where such are attached."""
    found = roles(document)
    for attachment in document.values("aws_iam_role_policy_attachment"):
        name = attachment["policy_arn"].rpartition("/")[-1]
        found[attachment["role"]] += managed_by_aws(name)
    return found


def managed_by_aws(name: str) -> list[Statement]:
    return as_list(_read_awss_policies()[name]["Document"]["Statement"])


@cache
def _read_awss_policies() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(aws_managed_policies_data)  # some megabytes
    return found


# --- Resources ------------------------------------------------------------------------------------------------------

TABLE = "arn:aws:dynamodb:{region}:{account}:table/{TableName}"
OBJECT = "arn:aws:s3:::{Bucket}/{Key}"
PARAMETER = "arn:aws:ssm:{region}:{account}:parameter{Name}"
# What hosts and tasks call, with the resource that the action takes, by the parameters of the call.
RESOURCES = {
    "dynamodb:PutItem": TABLE,
    "dynamodb:UpdateItem": TABLE,
    "dynamodb:DeleteItem": TABLE,
    "dynamodb:Scan": TABLE,
    "ecr:GetAuthorizationToken": "*",
    "s3:GetObject": OBJECT,
    "s3:GetObjectTagging": OBJECT,
    "s3:PutObject": OBJECT,
    "s3:DeleteObject": OBJECT,
    "s3:ListBucket": "arn:aws:s3:::{Bucket}",
    "secretsmanager:GetSecretValue": "{SecretId}",
    "secretsmanager:PutSecretValue": "{SecretId}",
    "ssm:GetParameter": PARAMETER,
    "ssm:PutParameter": PARAMETER,
}


def resource(action: str, call: Call) -> str:
    form = RESOURCES.get(action)
    if action == "dynamodb:Query":
        form = f"{TABLE}/index/{{IndexName}}" if "IndexName" in call.parameters else TABLE
    if form is None:
        raise NotUnderstoodError(f"Which resource {action} takes is not known here.")
    return form.format(region=call.region, account=ACCOUNT, **call.parameters)


# --- Evaluation -----------------------------------------------------------------------------------------------------


def is_allowed(policies: Iterable[Statement], question: Question) -> bool:
    """Raises NotUnderstoodError for what is not evaluated here: to pass over it could allow what IAM denies."""
    effects = {statement["Effect"] for statement in policies if applies(statement, question)}
    return effects == {"Allow"}


def applies(statement: Statement, question: Question) -> bool:
    if not statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}:
        raise NotUnderstoodError(f"Statements with {sorted(statement)} are not evaluated here.")
    return (
        any(matches(pattern.lower(), question.action.lower()) for pattern in as_list(statement["Action"]))
        and any(matches(pattern, question.resource) for pattern in as_list(statement["Resource"]))
        and all(
            holds(operator, as_list(values), question.context.get(key))
            for operator, wanted in statement.get("Condition", {}).items()
            for key, values in wanted.items()
        )
    )


@cache
def expression(pattern: str) -> re.Pattern[str]:
    if "${" in pattern:
        raise NotUnderstoodError(f"Variables of policies are not evaluated here: {pattern}")
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def matches(pattern: str, value: str) -> bool:
    return expression(pattern).fullmatch(value) is not None


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": str.__eq__,
    "StringLike": matches,
    "ArnEquals": matches,
    "ArnLike": matches,
}


def holds(operator: str, wanted: list[str], value: str | None) -> bool:
    """A condition on a key that the request does not have is false."""
    if operator not in OPERATORS:
        raise NotUnderstoodError(f"The operator {operator} of conditions is not evaluated here.")
    compare = OPERATORS[operator]
    return value is not None and any(compare(pattern, value) for pattern in wanted)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
