"""What a former version has applied, the present one takes over, and makes nothing anew that holds data."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from devtools.composition import REPOSITORY, SHIPPED, VARIABLES, Composition, emulated_aws
from devtools.terraform_json import Plan
from infra.every_composition import kind_of

# The last commit before resources moved between modules (terraform/*/moved.tf). Raise it when a version is released.
FORMER = "d68a5aeb77532b667bea0e933c6c19f90328d714"
HOLD_DATA = {
    "aws_backup_vault",
    "aws_cloudwatch_log_group",
    "aws_db_instance",
    "aws_dynamodb_table",
    "aws_ecr_repository",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_secretsmanager_secret",
    "aws_secretsmanager_secret_version",
    "aws_ssm_parameter",
}
KNOWN_OUTSIDE = {
    "aws_db_subnet_group",
    "aws_ecs_cluster",
    "aws_eip",
    "aws_lb",
    "aws_sns_topic",
    "aws_subnet",
    "aws_vpc",
}
MOVED = ("module.secret_key.", "module.database_secret[", "module.mysql.", "module.backup.")


@pytest.fixture(scope="module")
def former_sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("former")
    packed = subprocess.run(["git", "archive", FORMER, *SHIPPED], cwd=REPOSITORY, capture_output=True, check=False)
    if packed.returncode:
        pytest.fail(f"This clone lacks the former version, commit {FORMER}: git fetch --unshallow", pytrace=False)
    subprocess.run(["tar", "-x"], cwd=folder, input=packed.stdout, check=True)
    return folder


@pytest.fixture(scope="module")
def account() -> Iterator[str]:
    # The former version has a permission that AWS takes and never grants.
    with emulated_aws(policies=False) as endpoint:
        yield endpoint


@pytest.fixture(scope="module", params=["three-tier", "task-manager", "eight-digit"])
def upgraded(
    request: pytest.FixtureRequest, account: str, former_sources: Path, tmp_path_factory: pytest.TempPathFactory
) -> Composition:
    """The present sources beside the state that the former ones have left."""
    name = request.param
    before = Composition(name, tmp_path_factory.mktemp("before"), account, VARIABLES[name], source=former_sources)
    before.init()
    before.apply()
    after = Composition(name, tmp_path_factory.mktemp("after"), account, VARIABLES[name])
    shutil.copy(before.root / "terraform.tfstate", after.root)
    after.init()
    return after


def plan(composition: Composition) -> Plan:
    return composition.plan("-refresh=false")  # what stands is what the former version has just made


@pytest.fixture(scope="module")
def planned(upgraded: Composition) -> Plan:
    return plan(upgraded)


def lost(planned: Plan) -> list[str]:
    """What would be deleted or replaced, and holds data or is known to others by its name."""
    gone = [address for address, change in planned.changes.items() if "delete" in change["actions"]]
    return [address for address in gone if kind_of(address) in HOLD_DATA | KNOWN_OUTSIDE]


def test_an_upgrade_makes_nothing_anew_that_holds_data_or_is_known_outside(
    upgraded: Composition, planned: Plan
) -> None:
    stood = {kind_of(address) for address in upgraded.state().addresses}
    assert stood & HOLD_DATA
    assert stood & KNOWN_OUTSIDE
    assert lost(planned) == []


def test_what_moved_between_modules_is_moved_and_not_made_anew(upgraded: Composition, planned: Plan) -> None:
    if upgraded.name == "eight-digit":
        assert planned.moved == {}
        return
    former = {address for address in upgraded.state().addresses if address.startswith(MOVED)}
    assert "module.mysql.aws_db_instance.main[0]" in former
    for address in former:
        assert planned.moved.get(address) == f"module.data.{address}"
    created = {address for address, change in planned.changes.items() if "create" in change["actions"]}
    assert created & {f"module.data.{address}" for address in former} == set()


def test_without_the_list_of_moves_the_database_would_be_lost(upgraded: Composition) -> None:
    moves = upgraded.root / "moved.tf"
    if upgraded.name == "eight-digit":
        assert not moves.exists()
        return
    aside = moves.rename(moves.with_suffix(".aside"))
    try:
        assert "module.mysql.aws_db_instance.main[0]" in lost(plan(upgraded))
    finally:
        aside.rename(moves)
