"""Faults planted into the HCL one by one: each turns the test that is named beside it red."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.composition import Composition


@contextmanager
def planted(composition: Composition, file: str, right: str, wrong: str, target: str) -> Iterator[None]:
    path = composition.directory / "terraform" / file
    original = path.read_text()
    assert right in original, f"{file} has changed: plant the fault anew"
    arguments = ("-refresh=false", f"-target={target}")
    try:
        path.write_text(original.replace(right, wrong, 1))
        composition.apply(*arguments)
        yield
    finally:
        path.write_text(original)
        composition.apply(*arguments)


# fault: file, right text, wrong text, what to apply, the test that must turn red
FAULTS: dict[str, tuple[str, str, str, str, str]] = {
    "a database open to the world": (
        "modules/security_groups/main.tf",
        """cidr_ipv4                    = lookup(var.ranges, each.value.from, null)
  prefix_list_id               = lookup(var.prefix_lists, each.value.from, null)
  referenced_security_group_id = try(aws_security_group.role[each.value.from].id, null)""",
        """cidr_ipv4                    = each.value.port == 3306 ? "0.0.0.0/0" : \
lookup(var.ranges, each.value.from, null)
  prefix_list_id               = lookup(var.prefix_lists, each.value.from, null)
  referenced_security_group_id = each.value.port == 3306 ? null : \
try(aws_security_group.role[each.value.from].id, null)""",
        "module.security_groups",
        "test_d10_the_security_groups_hold_the_table_and_nothing_else",
    ),
    "SSH from half the world": (
        "three-tier/main.tf",
        "admin = var.admin_cidr",
        'admin = "0.0.0.0/1"',
        "module.security_groups",
        "test_d9_ssh_is_for_the_operators_address_alone",
    ),
    "an unencrypted disk": (
        "modules/host/main.tf",
        "encrypted             = true",
        "encrypted             = false",
        "module.nginx_host.module.host.aws_launch_template.main",
        "test_nginx_has_an_encrypted_disk_and_answers_only_to_imdsv2",
    ),
    "a task role for everything": (
        "modules/app_service/roles.tf",
        """      sid       = "ReadRotatedSecrets"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = statement.value""",
        """      sid       = "ReadRotatedSecrets"
      actions   = ["*"]
      resources = ["*"]""",
        "module.app_service.aws_iam_role_policy.task",
        "test_the_task_may_read_the_database_password_and_nothing_else",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_turns_its_test_red(
    three_tier: Composition, fault: str, request: pytest.FixtureRequest
) -> None:
    file, right, wrong, target, name = FAULTS[fault]
    test = getattr(request.module, name)
    test(three_tier)
    with planted(three_tier, file, right, wrong, target), pytest.raises(AssertionError):
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
