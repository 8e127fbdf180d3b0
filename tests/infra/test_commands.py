"""`make aws-flask` runs a command of the product in the composition that stands, and leaves nothing running."""

import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from devtools.composition import Composition
from infra.questions import container, may
from operations import aws_flask

CREATE = ("accounts", "create", "you@example.org")


@pytest.fixture
def session(three_tier: Composition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand-ins for the AWS CLI and its plugin; what the CLI is asked is in the file that is returned."""
    asked = tmp_path / "asked"
    script = (
        f"#!{sys.executable}\nimport json, sys\nopen({str(asked)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
    )
    for name in ("aws", "session-manager-plugin"):
        (tmp_path / name).write_text(script)
        (tmp_path / name).chmod(0o755)
    for name, value in three_tier.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH", f"{tmp_path}:{three_tier.environment['PATH']}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", three_tier.region)
    monkeypatch.setattr(aws_flask, "TERRAFORM", three_tier.root.parent)
    yield asked
    # AWS takes a task's interface away with the task; moto leaves it.
    ec2 = three_tier.client("ec2")
    for left in ec2.describe_network_interfaces()["NetworkInterfaces"]:
        if left["Description"] == "moto ECS":
            ec2.delete_network_interface(NetworkInterfaceId=left["NetworkInterfaceId"])


def tasks(three_tier: Composition) -> list[dict[str, Any]]:
    ecs = three_tier.client("ecs")
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster="notes", desiredStatus=status)["taskArns"]
    ]
    return list(ecs.describe_tasks(cluster="notes", tasks=arns)["tasks"]) if arns else []


def running(three_tier: Composition) -> list[str]:
    return [task["taskArn"] for task in tasks(three_tier) if task["desiredStatus"] == "RUNNING"]


def test_a_command_runs_in_a_session_of_a_task_that_ends_with_it(three_tier: Composition, session: Path) -> None:
    before = len(tasks(three_tier))
    assert aws_flask.run("three-tier", CREATE) == 0
    (asked,) = map(json.loads, session.read_text().splitlines())
    assert asked[:2] == ["ecs", "execute-command"]
    options = dict(zip(asked[2::2], asked[3::2], strict=False))
    assert options["--cluster"] == "notes"
    assert shlex.split(asked[-1]) == [*aws_flask.FLASK, *CREATE]
    assert len(tasks(three_tier)) == before + 1
    assert running(three_tier) == []


def test_the_command_runs_in_the_image_that_serves_and_not_in_the_one_of_the_state(
    three_tier: Composition, session: Path
) -> None:
    ecs = three_tier.client("ecs")
    released = dict(ecs.describe_task_definition(taskDefinition="notes-app")["taskDefinition"])
    released["containerDefinitions"][0]["image"] = "another@sha256:" + "b" * 64
    known = {name: released[name] for name in ("family", "containerDefinitions", "networkMode", "cpu", "memory")}
    newer = ecs.register_task_definition(**known)["taskDefinition"]["taskDefinitionArn"]
    ecs.update_service(cluster="notes", service="notes-app", taskDefinition=newer)
    try:
        aws_flask.run("three-tier", CREATE)
        assert container(three_tier, "notes-app-commands")["image"] == "another@sha256:" + "b" * 64
        assert container(three_tier, "notes-app-commands")["command"] == ["sleep", "3600"]
    finally:
        ecs.update_service(cluster="notes", service="notes-app", taskDefinition=released["taskDefinitionArn"])
        for arn in (newer, container_definition(three_tier)):
            ecs.deregister_task_definition(taskDefinition=arn)


def container_definition(three_tier: Composition) -> str:
    definition = three_tier.client("ecs").describe_task_definition(taskDefinition="notes-app-commands")
    return str(definition["taskDefinition"]["taskDefinitionArn"])


def test_a_password_in_an_argument_is_refused_before_anything_starts(three_tier: Composition, session: Path) -> None:
    before = len(tasks(three_tier))
    with pytest.raises(aws_flask.Failed, match="CloudTrail"):
        aws_flask.run(
            "three-tier", ["notes", "adopt", "mysql+pymysql://root:hunter2@db/old", "--owner", "a@example.org"]
        )
    assert (len(tasks(three_tier)), session.exists()) == (before, False)


def test_the_sessions_of_no_other_task_are_open_and_their_output_is_kept_nowhere(three_tier: Composition) -> None:
    opens = "ssmmessages:OpenDataChannel"
    assert may(three_tier, "notes-app-commands-task", opens, "*")
    for other in ("notes-app-task", "notes-app-release-task", "notes-app-users-task"):
        assert not may(three_tier, other, opens, "*")
    cluster = three_tier.client("ecs").describe_clusters(clusters=["notes"], include=["CONFIGURATIONS"])["clusters"][0]
    assert cluster["configuration"]["executeCommandConfiguration"]["logging"] == "NONE"


def test_on_an_instance_the_session_is_one_of_session_manager() -> None:
    asked = aws_flask.session_on_instance("i-0123", ["accounts", "create", "o'neil@example.org"])
    parameters = json.loads(asked[asked.index("--parameters") + 1])
    assert shlex.split(parameters["command"][0])[-3:] == ["accounts", "create", "o'neil@example.org"]


@pytest.mark.parametrize(
    "asked", [aws_flask.session_in_task("c", "arn", CREATE), aws_flask.session_on_instance("i-0", CREATE)]
)
def test_the_aws_cli_has_every_command_and_option(asked: list[str]) -> None:
    _, service, operation, *words = asked
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    assert shape
    known = {xform_name(name, "-") for name in shape.members}
    assert {word.removeprefix("--") for word in words if re.match("--", word)} <= known
