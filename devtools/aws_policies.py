"""What AWS's tables of permissions say of a policy: no unknown action, no resource or condition that never matches.

AWS takes most of these in silence, and the permission is simply not there. policy_sentry has the tables.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from policy_sentry.analysis.expand import expand
from policy_sentry.querying.actions import get_action_data

from devtools.aws_requests import Call, RefusedError

# Parameters that hold a policy; SetTopicAttributes and the like have it under a name of their own.
POLICIES = ("PolicyDocument", "AssumeRolePolicyDocument", "Policy", "ResourcePolicy")
ATTRIBUTE = ("AttributeName", "AttributeValue")
# AWS's own policy of a topic, which the provider puts back on a destroy; it names an action that is no more.
SNS_DEFAULT = "__default_policy_ID"
# Known to every action, unlike those of tags.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
GLOBAL_KEYS = re.compile(
    r"aws:(CalledVia(First|Last)?|CurrentTime|EpochTime|MultiFactorAuth(Age|Present)|Principal\w+|PrincipalTag/.+"
    r"|Referer|RequestedRegion|Resource(Account|OrgID|OrgPaths)|SecureTransport"
    r"|Source(Account|Arn|Identity|Ip|OrgID|OrgPaths|Vpc|VpcArn|Vpce)|TokenIssueTime|UserAgent|userid|username"
    r"|ViaAWSService|VpcSourceIp)",
    re.IGNORECASE,
)
OIDC_KEYS = re.compile(r"[\w.-]+\.[a-z]+(/[\w./-]+)?:(aud|sub|amr)")  # of a provider of identities, named by its host


def refusal(call: Call) -> RefusedError | None:
    said = [fault for document in documents(call) for fault in faults_of(document)]
    return RefusedError("MalformedPolicyDocument", "; ".join(said)) if said else None


def documents(call: Call) -> Iterator[dict[str, Any]]:
    given = dict(call.parameters)
    if given.get(ATTRIBUTE[0]) == "Policy":
        given["Policy"] = given.get(ATTRIBUTE[1])
    for name in POLICIES:
        text = given.get(name)
        text = text.decode() if isinstance(text, bytes) else text
        if isinstance(text, str) and text.lstrip().startswith("{"):
            yield json.loads(text)


def faults_of(document: dict[str, Any]) -> Iterator[str]:
    if document.get("Id") == SNS_DEFAULT:
        return
    for statement in as_list(document.get("Statement")):
        resources = as_list(statement.get("Resource"))
        actions = [action for action in as_list(statement.get("Action")) if action != "*"]
        for action in actions + as_list(statement.get("NotAction")):
            if not table(action):
                yield f"AWS has no action {action}"
        for action in filter(table, actions):
            yield from unmatched_action(action, resources)
            yield from unknown_keys(action, statement.get("Condition", {}))
        if len(actions) == len(as_list(statement.get("Action"))) > 0:
            yield from unmatched_resources([row for action in actions for row in table(action)], resources)


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


@cache
def table(action: str) -> tuple[dict[str, Any], ...]:
    """The rows of an action, or of all that its stars stand for: the form of a resource's ARN, and condition keys."""
    service = action.partition(":")[0].lower()
    names = [name.partition(":")[2] for name in expand(action)] if "*" in action else [action.partition(":")[2]]
    found = [row for name in names for rows in (get_action_data(service, name) or {}).values() for row in rows]
    return tuple(found)


def unmatched_action(action: str, resources: list[str]) -> Iterator[str]:
    forms = [row["resource_arn_format"] for row in table(action)]
    if resources and not any(meet(resource, form) for resource in resources for form in forms):
        yield f"{action} takes none of {resources}, but {sorted(set(forms))}"


def unmatched_resources(rows: list[dict[str, Any]], resources: list[str]) -> Iterator[str]:
    forms = {row["resource_arn_format"] for row in rows}
    for resource in resources:
        if not any(meet(resource, form) for form in forms):
            yield f"no action of the statement takes {resource}"


def meet(resource: str, form: str) -> bool:
    """Whether a resource, which may have stars, can be of the form that an action takes; "*" takes no other."""
    if form == "*":
        return resource == "*"
    return overlap(resource, starred(form))


def starred(form: str) -> str:
    """With stars for what the tables leave open: ${BucketName}, <key>."""
    return re.sub(r"\$\{\w+\}|<\w+>", "*", form)


@cache
def overlap(one: str, other: str) -> bool:
    """Whether a text exists that both patterns match; a star stands for any text."""
    if not one or not other:
        return (one or other).strip("*") == ""
    if one[0] == "*":
        return overlap(one[1:], other) or overlap(one, other[1:])
    if other[0] == "*":
        return overlap(other, one)
    return one[0] == other[0] and overlap(one[1:], other[1:])


def unknown_keys(action: str, condition: dict[str, dict[str, Any]]) -> Iterator[str]:
    """A key that a request does not have makes the condition false, and the permission is not there."""
    known = {starred(key.lower()) for row in table(action) for key in row["condition_keys"]}
    for key in (key for keys in condition.values() for key in keys):
        if GLOBAL_KEYS.fullmatch(key) or OIDC_KEYS.fullmatch(key):
            continue
        if not any(overlap(key.lower(), wanted) for wanted in known):
            yield f"{action} has no condition key {key}"
