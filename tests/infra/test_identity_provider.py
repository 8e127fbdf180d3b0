"""An identity provider on AWS: what the app is told of it, and who reads the secret that a person fills."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devtools.composition import VARIABLES, Composition, emulated_aws, zone
from infra.questions import accepted, container, launch_template, may
from infra.test_task_manager import script, settings

PROVIDER = {"issuer": "https://accounts.example/realms/house", "client_id": "notes", "name": "House", "sign_up": True}
FILLED = "what the provider gave for this site"
# Alone, as the whole composition would only be waited for.
TARGETS = {
    "three-tier": [
        'module.app_service.aws_ecs_task_definition.app["serve"]',
        "module.app_service.aws_iam_role_policy.execution",
    ],
    "task-manager": ["module.app_instances"],
}


def applied(name: str, folder: Path, endpoint: str) -> Composition:
    composition = Composition(name, folder, endpoint, VARIABLES[name] | {"identity_provider": PROVIDER})
    if name == "task-manager":
        composition.set_variables({"zone_id": zone(composition, "example.org")})
    composition.init()
    composition.apply(*(f"-target={target}" for target in [*TARGETS[name], "module.identity_provider"]))
    composition.client("secretsmanager").put_secret_value(SecretId=secret_name(name), SecretString=FILLED)
    return composition


def secret_name(name: str) -> str:
    return f"{'notes' if name == 'three-tier' else name}/oidc-client-secret"


@pytest.fixture(scope="module")
def three_tier_with_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    with emulated_aws() as endpoint:
        yield applied("three-tier", tmp_path_factory.mktemp("three-tier"), endpoint)


@pytest.fixture(scope="module")
def task_manager_with_provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Composition]:
    with emulated_aws() as endpoint:
        yield applied("task-manager", tmp_path_factory.mktemp("task-manager"), endpoint)


def read_by_the_app(environment: dict[str, str], site: str) -> None:
    """Let the app itself read what it is told, with the secret that somebody has filled."""
    found: Any = accepted(environment | {"OIDC_CLIENT_SECRET": FILLED})
    assert (found["OIDC"].issuer, found["OIDC"].client_id) == (PROVIDER["issuer"], "notes")
    assert (found["OIDC"].name, found["OIDC"].sign_up, found["OIDC"].client_secret) == ("House", True, FILLED)
    assert found["PUBLIC_URL"] == f"https://{site}"


def test_tasks_are_told_of_the_provider_and_their_start_alone_reads_its_secret(
    three_tier_with_provider: Composition,
) -> None:
    task = container(three_tier_with_provider, "notes-app")
    read_by_the_app({entry["name"]: entry["value"] for entry in task["environment"]}, "notes.example.org")
    [secret] = [entry["valueFrom"] for entry in task["secrets"] if entry["name"] == "OIDC_CLIENT_SECRET"]
    assert secret == secret_arn(three_tier_with_provider)
    assert may(three_tier_with_provider, "notes-app-execution", "secretsmanager:GetSecretValue", secret)
    assert not may(three_tier_with_provider, "notes-app-task", "secretsmanager:GetSecretValue", secret)


def test_instances_are_told_of_the_provider_and_read_its_secret(task_manager_with_provider: Composition) -> None:
    written = script(launch_template(task_manager_with_provider, "task-manager")["UserData"])
    secret = secret_arn(task_manager_with_provider)
    # Whose the database's secret is, run-image says; any will do here.
    read_by_the_app(settings(written) | {"DATABASE_SECRET": secret}, "tasks.example.org")
    assert f"--secret-id '{secret}'" in written
    assert may(task_manager_with_provider, "task-manager", "secretsmanager:GetSecretValue", secret)


def secret_arn(composition: Composition) -> str:
    found = composition.client("secretsmanager").describe_secret(SecretId=secret_name(composition.name))
    return str(found["ARN"])


@pytest.mark.parametrize("name", ["three_tier_with_provider", "task_manager_with_provider"])
def test_the_secret_is_in_no_state_and_its_name_and_address_are_told(name: str, request: pytest.FixtureRequest) -> None:
    composition: Composition = request.getfixturevalue(name)
    assert FILLED not in composition.state_file()
    told = composition.outputs["identity_provider"]
    site = VARIABLES[composition.name]["domain"]
    assert told == {"secret_arn": secret_arn(composition), "answer_url": f"https://{site}/sign-in/provider/answer"}
