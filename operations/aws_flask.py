"""`make aws-flask`: a command of the product where it runs on AWS, in a session of Session Manager.

On Fargate a task of the family `commands` is started from the image that serves, and ended after the command; on EC2
the command runs in the app's container on an instance in service. Passwords are asked for in the session, whose output
AWS keeps nowhere; neither they nor anything else that is secret is an argument.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

TERRAFORM = Path(__file__).resolve().parents[1] / "terraform"
COMPOSITIONS = ("three-tier", "task-manager", "eight-digit")
# Where the image has them: a session does not begin in the image's folder.
FLASK = ("/srv/venv/bin/flask", "--app", "/srv/notes/crudapp.py")
SECONDS_TO_START = 300
PASSWORD_IN_ADDRESS = re.compile(r"://[^/@\s]*:[^/@\s]+@")

Outputs = dict[str, Any]


class Failed(Exception):
    """The command was not run; the message says why."""


def outputs(composition: str) -> Outputs:
    """Return Terraform's outputs of a composition. Raises Failed."""
    command = ["terraform", f"-chdir={TERRAFORM / composition}", "output", "-json"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - words of ours
    except FileNotFoundError:
        raise Failed("terraform is not installed.") from None
    found = json.loads(done.stdout or "{}") if done.returncode == 0 else {}
    if not found:
        raise Failed(f"Terraform has no outputs of {composition}: {done.stderr.strip() or 'nothing was applied'}")
    return {name: output["value"] for name, output in found.items()}


@contextmanager
def task(ecs: Any, release: Outputs, pause: Callable[[float], None] = time.sleep) -> Iterator[str]:
    """Start a task for commands from the image that serves; yield its ARN when a session can begin, and end it."""
    network = {
        "subnets": release["subnets"],
        "securityGroups": [release["security_group"]],
        "assignPublicIp": "ENABLED" if release["public_ip"] else "DISABLED",
    }
    started = ecs.run_task(
        cluster=release["cluster"],
        taskDefinition=_definition(ecs, release),
        launchType="FARGATE",
        enableExecuteCommand=True,
        networkConfiguration={"awsvpcConfiguration": network},
    )
    if not started["tasks"]:
        raise Failed(f"ECS started no task: {started['failures'][0].get('reason')}")
    arn = started["tasks"][0]["taskArn"]
    try:
        _wait(ecs, release["cluster"], arn, pause)
        yield str(arn)
    finally:
        ecs.stop_task(cluster=release["cluster"], task=arn, reason="The command has ended.")


def _definition(ecs: Any, release: Outputs) -> str:
    """Return the newest revision of the family `commands`; if another image serves, register one with that first."""
    describe = ecs.describe_task_definition
    service = ecs.describe_services(cluster=release["cluster"], services=[release["service"]])["services"][0]
    serves = describe(taskDefinition=service["taskDefinition"])["taskDefinition"]["containerDefinitions"][0]["image"]
    newest = describe(taskDefinition=release["families"]["commands"])["taskDefinition"]
    if newest["containerDefinitions"][0]["image"] == serves:
        return str(newest["taskDefinitionArn"])
    accepted = ecs.meta.service_model.operation_model("RegisterTaskDefinition").input_shape.members
    revision = {name: value for name, value in newest.items() if name in accepted}
    revision["containerDefinitions"][0]["image"] = serves
    return str(ecs.register_task_definition(**revision)["taskDefinition"]["taskDefinitionArn"])


def _wait(ecs: Any, cluster: str, arn: str, pause: Callable[[float], None]) -> None:
    for _ in range(SECONDS_TO_START // 5):
        (found,) = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
        if found["lastStatus"] == "STOPPED":
            raise Failed(f"The task ended before the command: {found.get('stoppedReason')}")
        agents = [agent for container in found["containers"] for agent in container.get("managedAgents", [])]
        if any((agent["name"], agent["lastStatus"]) == ("ExecuteCommandAgent", "RUNNING") for agent in agents):
            return
        pause(5)
    raise Failed(
        f"No session could begin within {SECONDS_TO_START} s. In a network without NAT set `exec = true` and apply."
    )


def instance(autoscaling: Any, group: str) -> str:
    """Return an instance of the group that serves. Raises Failed."""
    groups = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"]
    serving = [
        found["InstanceId"] for of in groups for found in of["Instances"] if found["LifecycleState"] == "InService"
    ]
    if not serving:
        raise Failed(f"No instance of {group} is in service.")
    return str(serving[0])


def session_in_task(cluster: str, arn: str, words: Sequence[str]) -> list[str]:
    command = shlex.join([*FLASK, *words])
    target = ["--cluster", cluster, "--task", arn, "--container", "app"]
    return ["aws", "ecs", "execute-command", *target, "--interactive", "--command", command]


def session_on_instance(instance_id: str, words: Sequence[str]) -> list[str]:
    command = shlex.join(["sudo", "podman", "exec", "--interactive", "--tty", "app", *FLASK, *words])
    document = ["--document-name", "AWS-StartInteractiveCommand", "--parameters", json.dumps({"command": [command]})]
    return ["aws", "ssm", "start-session", "--target", instance_id, *document]


def run(composition: str, words: Sequence[str]) -> int:
    """Run `flask WORDS` in a composition; return the exit status of the session. Raises Failed."""
    if any(PASSWORD_IN_ADDRESS.search(word) for word in words):
        raise Failed("A password in an argument is kept by CloudTrail; leave it out of the address.")
    for program in ("aws", "session-manager-plugin"):
        if not shutil.which(program):
            raise Failed(f"{program} is not installed: docs/deployment.md names what is needed.")
    known = outputs(composition)
    if composition == "task-manager":
        return _start(session_on_instance(instance(boto3.client("autoscaling"), known["group_name"]), words))
    with task(boto3.client("ecs"), known["release"]) as arn:
        return _start(session_in_task(known["release"]["cluster"], arn, words))


def _start(command: list[str]) -> int:
    return subprocess.run(command, check=False).returncode  # noqa: S603 - no shell; the words are the operator's own


def main() -> None:
    parser = argparse.ArgumentParser(description="A command of the product where it runs on AWS.")
    parser.add_argument("composition", choices=COMPOSITIONS)
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND")
    options = parser.parse_args()
    if not options.words:
        parser.error('name a command: make aws-flask ARGS="accounts create you@example.org"')
    try:
        sys.exit(run(options.composition, options.words))
    except Failed as failure:
        sys.exit(str(failure))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"AWS: {error}")


if __name__ == "__main__":
    main()
