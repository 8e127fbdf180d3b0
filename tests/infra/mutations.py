"""Faults planted into the HCL: each turns the test that is named beside it red."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from devtools.composition import Composition


class Fault(NamedTuple):
    edits: dict[str, tuple[str, str]]  # file => right text, wrong text
    target: str  # what to apply, as everything would take minutes
    red: str  # the test that must fail
    because: str  # what it must find


@contextmanager
def planted(composition: Composition, faults: list[Fault]) -> Iterator[None]:
    files = {composition.directory / "terraform" / file for fault in faults for file in fault.edits}
    texts = {path: path.read_text() for path in files}
    arguments = ["-refresh=false", *(f"-target={fault.target}" for fault in faults)]
    try:
        for fault in faults:
            for file, (right, wrong) in fault.edits.items():
                path = composition.directory / "terraform" / file
                assert right in path.read_text(), f"{file} has changed: plant the fault anew"
                path.write_text(path.read_text().replace(right, wrong, 1))
        composition.apply(*arguments)
        yield
    finally:
        for path, text in texts.items():
            path.write_text(text)
        composition.apply(*arguments)


FAULTS = {
    "a database open to the world, and no validation against it": Fault(
        {
            "modules/security_groups/variables.tf": ("contains([22, 3306], rule.port)", "contains([22], rule.port)"),
            "three-tier/main.tf": (
                '{ from = "app", to = "database", port = 3306 },',
                '{ from = "app", to = "database", port = 3306 }, { from = "world", to = "database", port = 3306 },',
            ),
        },
        "module.security_groups",
        "test_d10_the_security_groups_hold_the_table_and_nothing_else",
        "('world', 'database', '3306')",
    ),
    "SSH from half the world": Fault(
        {"three-tier/main.tf": ("admin = var.admin_cidr", 'admin = "0.0.0.0/1"')},
        "module.security_groups",
        "test_d9_ssh_is_for_the_operators_address_alone",
        "0.0.0.0/1",
    ),
    "an unencrypted disk": Fault(
        {"modules/host/main.tf": ("encrypted             = true", "encrypted             = false")},
        "module.nginx_host.module.host",
        "test_nginx_has_an_encrypted_disk_and_answers_only_to_imdsv2",
        "notes-nginx",
    ),
    "a task role for everything": Fault(
        {
            "modules/app_service/roles.tf": (
                'sid       = "ReadOwnSecrets"\n      actions   = ["secretsmanager:GetSecretValue"]',
                'sid       = "ReadOwnSecrets"\n      actions   = ["*"]',
            )
        },
        'module.app_service.aws_iam_role_policy.task["serve"]',
        "test_the_task_may_read_its_database_password_and_nothing_else",
        "notes-app-task",
    ),
    "a task role for more of the bucket than files": Fault(
        {"modules/notes_data/main.tf": ("${module.files.arn}/${local.files_prefix}*", "${module.files.arn}/*")},
        'module.app_service.aws_iam_role_policy.task["serve"]',
        "test_files_are_for_what_serves_and_for_commands_and_not_for_a_release",
        "/other",
    ),
    "deleted files that are gone before the copies of the database": Fault(
        {"modules/notes_data/main.tf": ("old_version_days = 90", "old_version_days = 30")},
        "module.data.module.files.aws_s3_bucket_lifecycle_configuration.main",
        "test_a_deleted_file_can_be_had_back_for_longer_than_any_copy_of_the_database",
        "30 > 35",
    ),
}


def test_each_planted_fault_turns_its_test_red(three_tier: Composition, request: pytest.FixtureRequest) -> None:
    tests = {name: getattr(request.module, fault.red) for name, fault in FAULTS.items()}
    for test in tests.values():
        test(three_tier)
    with planted(three_tier, list(FAULTS.values())):
        for name, test in tests.items():
            with pytest.raises(AssertionError) as red:
                test(three_tier)
            assert FAULTS[name].because in str(red.value), name
    for test in tests.values():
        test(three_tier)


def test_a_database_made_public_by_hand_turns_its_test_red_and_is_planned_back(
    three_tier: Composition, request: pytest.FixtureRequest
) -> None:
    test, rds = request.module.test_d8_the_database_is_mysql_multi_az_private_and_encrypted, three_tier.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="notes", PubliclyAccessible=True, ApplyImmediately=True)
    try:
        with pytest.raises(AssertionError):
            test(three_tier)
        change = three_tier.planned_changes()["module.data.module.mysql.aws_db_instance.main[0]"]
        assert (change["before"]["publicly_accessible"], change["after"]["publicly_accessible"]) == (True, False)
    finally:
        rds.modify_db_instance(DBInstanceIdentifier="notes", PubliclyAccessible=False, ApplyImmediately=True)
    test(three_tier)
