"""What AWS refuses for the state its services are in; no model says it but in the text of an operation.

Each rule gets a call and moto's state, and answers with AWS's error or None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ecs.exceptions import TaskDefinitionNotFoundException

from devtools.aws_requests import Call, RefusedError


def state(call: Call, service: str) -> Any:
    """What moto keeps of a service in the region of the call."""
    return get_backend(service)[DEFAULT_ACCOUNT_ID][call.region]  # type: ignore[call-overload]  # of one name of many


def rollback_of_refreshes(call: Call) -> RefusedError | None:
    """A refresh cannot go back by itself without a fixed version of a launch template that names its image by id.

    https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-rollback.html
    """
    if call.parameters.get("Preferences", {}).get("AutoRollback") is not True:
        return None
    group = state(call, "autoscaling").autoscaling_groups.get(call.parameters["AutoScalingGroupName"])
    said = ["there is no desired configuration"] if not call.parameters.get("DesiredConfiguration") else []
    said += list(unfixed(group)) if group else []
    if not said:
        return None
    return RefusedError("ValidationError", f"AutoRollback is not supported: {', '.join(said)}.")


def unfixed(group: Any) -> Iterator[str]:
    if str(group.launch_template_version) in ("$Latest", "$Default"):
        yield f"the launch template's version is {group.launch_template_version}"
    template = group.ec2_launch_template
    if template and str(template.latest_version().image_id).startswith("resolve:ssm:"):
        yield "the image is named by a parameter of Systems Manager"


def active_revisions(call: Call) -> RefusedError | None:
    """An inactive revision of a task definition runs on, but no service or task takes it anew.

    https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeregisterTaskDefinition.html
    """
    wanted = call.parameters.get("taskDefinition")
    try:
        found = state(call, "ecs").describe_task_definition(wanted) if wanted else None
    except TaskDefinitionNotFoundException:
        return None  # moto itself refuses it
    if found is None or found.status == "ACTIVE":
        return None
    return RefusedError("ClientException", f"TaskDefinition is inactive: {wanted}")


RULES = {
    "autoscaling.StartInstanceRefresh": rollback_of_refreshes,
    "ecs.CreateService": active_revisions,
    "ecs.RunTask": active_revisions,
    "ecs.UpdateService": active_revisions,
}


def refusal(call: Call) -> RefusedError | None:
    rule = RULES.get(f"{call.service}.{call.name}")
    return rule(call) if rule else None
