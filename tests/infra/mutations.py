"""Faults planted into the HCL one by one: each turns the test that is named beside it red."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import pytest

from infra.composition import Composition


class Fault(NamedTuple):
    edits: dict[str, tuple[str, str]]  # file => right text, wrong text
    target: str  # what to apply, as everything would take minutes
    red: str  # the test that must fail


@contextmanager
def planted(composition: Composition, fault: Fault) -> Iterator[None]:
    originals = {composition.directory / "terraform" / file: edit for file, edit in fault.edits.items()}
    texts = {path: path.read_text() for path in originals}
    arguments = ("-refresh=false", f"-target={fault.target}")
    try:
        for path, (right, wrong) in originals.items():
            assert right in texts[path], f"{path.name} has changed: plant the fault anew"
            path.write_text(texts[path].replace(right, wrong, 1))
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
    ),
    "SSH from half the world": Fault(
        {"three-tier/main.tf": ("admin = var.admin_cidr", 'admin = "0.0.0.0/1"')},
        "module.security_groups",
        "test_d9_ssh_is_for_the_operators_address_alone",
    ),
    "an unencrypted disk": Fault(
        {"modules/host/main.tf": ("encrypted             = true", "encrypted             = false")},
        "module.nginx_host.module.host.aws_launch_template.main",
        "test_nginx_has_an_encrypted_disk_and_answers_only_to_imdsv2",
    ),
    "a task role for everything": Fault(
        {
            "modules/app_service/roles.tf": (
                'sid       = "ReadRotatedSecrets"\n      actions   = ["secretsmanager:GetSecretValue"]',
                'sid       = "ReadRotatedSecrets"\n      actions   = ["*"]',
            )
        },
        "module.app_service.aws_iam_role_policy.task",
        "test_the_task_may_read_the_database_password_and_nothing_else",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_its_test_red(
    three_tier: Composition, fault: str, request: pytest.FixtureRequest
) -> None:
    test = getattr(request.module, FAULTS[fault].red)
    test(three_tier)
    with planted(three_tier, FAULTS[fault]), pytest.raises(AssertionError):
        test(three_tier)
    test(three_tier)


def test_a_database_made_public_by_hand_turns_its_test_red_and_is_planned_back(
    three_tier: Composition, request: pytest.FixtureRequest
) -> None:
    test, rds = request.module.test_d8_the_database_is_mysql_multi_az_private_and_encrypted, three_tier.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier="notes", PubliclyAccessible=True, ApplyImmediately=True)
    try:
        with pytest.raises(AssertionError):
            test(three_tier)
        change = three_tier.planned_changes()["module.mysql.aws_db_instance.main"]
        assert (change["before"]["publicly_accessible"], change["after"]["publicly_accessible"]) == (True, False)
    finally:
        rds.modify_db_instance(DBInstanceIdentifier="notes", PubliclyAccessible=False, ApplyImmediately=True)
    test(three_tier)


REFUSED = {
    "SSH for the world": (("-var", "admin_cidr=0.0.0.0/0"), "never for 0.0.0.0/0"),
    "an image by its tag": (("-var", "image_digest=latest"), "a tag could move"),
    "a database without point-in-time recovery": (("-var", "database={backup_days=0}"), "7 to 35 days"),
    "tasks without a way out": (("-var", "nat=none"), "nat is one or per-zone"),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_dangerous_variable_is_refused_in_one_sentence(three_tier: Composition, fault: str) -> None:
    arguments, sentence = REFUSED[fault]
    with pytest.raises(RuntimeError) as refusal:
        three_tier.terraform("plan", "-input=false", "-no-color", "-refresh=false", "-lock=false", *arguments)
    assert sentence in " ".join(str(refusal.value).split())
