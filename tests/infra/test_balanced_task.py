"""The entries app's tasks in private subnets, behind a load balancer with TLS."""

import pytest

from devtools.composition import Composition
from infra.eight_digit import *  # noqa: F403 - what both exposures pass
from infra.eight_digit import WAYS_OUT, holds_exactly
from infra.every_composition import *  # noqa: F403 - the tests every composition passes
from infra.questions import subnet_ids, way_out
from infra.reachability import matrix

HTTP = {"80", "443"}
BALANCED = {("world", "balancer", "80"), ("world", "balancer", "443"), ("balancer", "app", "5000")}


@pytest.fixture(scope="module")
def composition(balanced_task: Composition) -> Composition:
    return balanced_task


def test_b_tasks_are_private_behind_a_public_load_balancer_with_tls(balanced_task: Composition) -> None:
    service = balanced_task.client("ecs").describe_services(cluster="flask-cluster", services=["flask-service"])[
        "services"
    ][0]
    assert service["networkConfiguration"]["awsvpcConfiguration"]["assignPublicIp"] == "DISABLED"
    assert set(service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]) == subnet_ids(
        balanced_task, "private"
    )
    elb = balanced_task.client("elbv2")
    found = elb.describe_load_balancers(Names=["eight-digit"])["LoadBalancers"][0]
    assert found.get("Scheme") != "internal"
    listeners = elb.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]
    assert {entry["Port"]: entry["DefaultActions"][0]["Type"] for entry in listeners} == {
        80: "redirect",
        443: "forward",
    }
    assert balanced_task.outputs["how_to_reach_the_app"] == "https://entries.example.org/"


def test_b_probes_and_figures_are_hidden_from_the_internet(balanced_task: Composition) -> None:
    elb = balanced_task.client("elbv2")
    found = elb.describe_load_balancers(Names=["eight-digit"])["LoadBalancers"][0]
    for listener in elb.describe_listeners(LoadBalancerArn=found["LoadBalancerArn"])["Listeners"]:
        rules = elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]
        hidden = [rule for rule in rules if rule["Actions"][0]["Type"] == "fixed-response"]
        assert hidden[0]["Actions"][0]["FixedResponseConfig"]["StatusCode"] == "404"
        assert set(hidden[0]["Conditions"][0]["PathPatternConfig"]["Values"]) == {
            "/health",
            "/readyz",
            "/metrics",
            "/pool-stats",
        }


def test_b_data_is_encrypted_with_the_compositions_own_key(balanced_task: Composition) -> None:
    table = balanced_task.client("dynamodb").describe_table(TableName="EightDigit")["Table"]
    key = table["SSEDescription"]["KMSMasterKeyArn"]
    [logs] = balanced_task.client("logs").describe_log_groups(logGroupNamePrefix="/ecs/flask-app")["logGroups"]
    # Logs go with the composition and its key; the table's outlives them.
    assert logs["kmsKeyId"] != key
    kms = balanced_task.client("kms")
    assert all(kms.get_key_rotation_status(KeyId=own)["KeyRotationEnabled"] for own in (key, logs["kmsKeyId"]))


def test_b_private_tasks_go_out_through_nat(balanced_task: Composition) -> None:
    assert {way_out(balanced_task, subnet) for subnet in subnet_ids(balanced_task, "private")} == {"nat"}


def test_b_the_security_groups_hold_the_table_and_nothing_else(balanced_task: Composition) -> None:
    assert holds_exactly(balanced_task, BALANCED | WAYS_OUT)


def test_b_balanced_task_every_pair_of_hosts_and_every_port(balanced_task: Composition) -> None:
    assert matrix(balanced_task, {}) == {
        ("world", "balancer"): HTTP,
        ("balancer", "app"): {"5000"},
        ("app", "world"): {"443"},
        # Whoever may go anywhere may come to the door that is open to anybody.
        ("app", "balancer"): {"443"},
    }
