"""What a composition costs: every type of resource is accounted for, the sums are right, docs/cost.md is current."""

import json
from pathlib import Path
from typing import Any

import pytest

from operations.cost import HOURS, PRICED, Estimate, PricedPlan, as_lists, as_table, estimate, read
from operations.cost_page import COMPOSITIONS, PAGE, SIZES, about_the_prices, plans, section

QUIET = dict.fromkeys(read("usage.toml")["small"], 0)


def plan_of(*resources: dict[str, Any], region: str = "eu-central-1") -> PricedPlan:
    return PricedPlan({"variables": {"region": {"value": region}}, "resource_changes": list(resources)}, QUIET)


def planned(kind: str, /, index: str | None = None, **settings: Any) -> dict[str, Any]:
    return {
        "mode": "managed",
        "type": kind,
        "module_address": "module.m",
        "index": index,
        "change": {"after": settings},
    }


def database(instance_class: str = "db.t4g.micro", *, multi_az: bool = False) -> dict[str, Any]:
    return planned(
        "aws_db_instance",
        instance_class=instance_class,
        multi_az=multi_az,
        allocated_storage=20,
        manage_master_user_password=False,
    )


def lines(found: Estimate) -> dict[str, float]:
    return {line.what: line.dollars for line in found.lines}


@pytest.fixture(scope="module", params=COMPOSITIONS)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """A composition's name and, by size, what Terraform plans."""
    return request.param, dict(plans(request.param, tmp_path_factory.mktemp(request.param)))


def test_every_type_of_every_plan_is_priced_or_free(found: tuple[str, dict[str, Any]]) -> None:
    name, by_size = found
    free = {kind for kinds in read("prices.toml")["free"].values() for kind in kinds}
    for size in SIZES:
        kinds = {resource.kind for resource in PricedPlan(by_size[size], QUIET).resources}
        assert len(kinds) > 30
        assert kinds - free - set(PRICED) == set(), f"{name}: price them in operations/prices.toml"
        assert estimate(PricedPlan(by_size[size], read("usage.toml")[size])).unpriced == []


def test_the_page_is_what_the_plans_and_prices_say(found: tuple[str, dict[str, Any]]) -> None:
    name, by_size = found
    estimates = {size: estimate(PricedPlan(plan, read("usage.toml")[size])) for size, plan in by_size.items()}
    assert section(name, estimates) in PAGE.read_text(), "run: make cost"
    sums = " | ".join(f"{estimates[size].dollars:,.0f}" for size in SIZES)
    assert f"| `{name}` | {sums} |" in PAGE.read_text(), "run: make cost"


def test_the_page_says_how_far_the_prices_can_be_trusted() -> None:
    assert about_the_prices() in PAGE.read_text(), "run: make cost"


def test_a_bigger_size_costs_more(found: tuple[str, dict[str, Any]]) -> None:
    sums = [estimate(PricedPlan(found[1][size], read("usage.toml")[size])).dollars for size in SIZES]
    assert sums == sorted(sums)
    assert len(set(sums)) == len(SIZES)


def test_the_budget_of_a_size_is_above_its_estimate_and_not_far_above(found: tuple[str, dict[str, Any]]) -> None:
    """Below, it would warn of what was planned; far above, of nothing."""
    for size, plan in found[1].items():
        budget = plan["variables"]["monthly_budget"]["value"]
        spent = estimate(PricedPlan(plan, read("usage.toml")[size])).dollars
        assert 1.1 * spent <= budget <= 1.5 * spent, f"{found[0]}, {size}: {spent:.0f} estimated, {budget} allowed"


def test_an_unknown_type_is_listed_as_unpriced() -> None:
    found = estimate(plan_of(planned("aws_msk_cluster"), planned("aws_vpc")))
    assert found.unpriced == ["aws_msk_cluster"]
    assert "missing from the sums**: `aws_msk_cluster`" in as_lists([found])


def test_an_instance_type_without_a_price_is_shown_as_unpriced() -> None:
    found = estimate(plan_of(database("db.x9.huge")))
    assert found.unpriced == ["db.x9.huge in eu-central-1"]
    assert "| db.x9.huge | 730 ? | unpriced |" in as_table(found)


def test_a_region_without_prices_has_no_sum_that_looks_like_one() -> None:
    found = estimate(plan_of(database(), region="sa-east-1"))
    assert found.dollars == 0
    assert len(found.unpriced) == len(found.lines) == 2


def test_a_standby_doubles_the_instance_and_its_disk() -> None:
    alone = lines(estimate(plan_of(database())))
    with_standby = lines(estimate(plan_of(database(multi_az=True))))
    assert with_standby == {what: 2 * dollars for what, dollars in alone.items()}
    assert sum(alone.values()) == pytest.approx(HOURS * 0.019 + 20 * 0.137)


def test_a_service_is_paid_by_its_serving_tasks_and_their_public_addresses() -> None:
    service = planned("aws_ecs_service", desired_count=2, network_configuration=[{"assign_public_ip": True}])
    definitions = [planned("aws_ecs_task_definition", index, cpu="256", memory="512") for index in ("serve", "release")]
    found = estimate(plan_of(service, *definitions))
    assert found.dollars == pytest.approx(2 * HOURS * (0.25 * 0.04656 + 0.5 * 0.00511 + 0.005))


def test_what_is_free_each_month_is_taken_off_once() -> None:
    alarms = [planned("aws_cloudwatch_metric_alarm", str(number), namespace="AWS/RDS") for number in range(12)]
    assert estimate(plan_of(*alarms)).dollars == pytest.approx(2 * 0.10)


def test_an_alarm_is_paid_by_the_metrics_of_its_formula() -> None:
    asked = [{"metric": []}, *({"metric": [{"namespace": name}]} for name in ("AWS/RDS", "notes"))]
    alarms = [planned("aws_cloudwatch_metric_alarm", str(number), metric_query=asked) for number in range(12)]
    found = estimate(plan_of(*alarms))
    assert {line.what: line.quantity for line in found.lines} == {
        "CloudWatch alarms": 24,
        "CloudWatch metrics beyond the basic ones": 12,
    }


@pytest.mark.parametrize(("bucket", "dollars"), [("notes-content-1-x", 0.245), ("flask-app-logs-1-x", 0)])
def test_files_are_paid_where_there_is_a_bucket_for_them(bucket: str, dollars: float) -> None:
    plan = plan_of(planned("aws_s3_bucket", bucket=bucket))
    plan.usage = QUIET | {"files_gb": 10}
    assert estimate(plan).dollars == pytest.approx(dollars)


def test_what_a_plan_takes_away_costs_nothing() -> None:
    going = planned("aws_nat_gateway") | {"change": {"after": None}}
    assert plan_of(going).resources == []


def test_every_price_names_its_page_and_both_regions() -> None:
    prices = read("prices.toml")
    for name, price in prices["price"].items():
        assert price["page"].startswith("https://aws.amazon.com/"), name
        assert set(prices["prefixes"]) <= set(price), name
        assert set(price.get("confirmed", [])) <= set(prices["prefixes"]), name


def test_a_plan_of_ones_own_is_priced_by_the_command(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from operations.cost import main

    (tmp_path / "plan.json").write_text(
        json.dumps({"variables": {"region": {"value": "eu-central-1"}}, "resource_changes": [planned("aws_kms_key")]})
    )
    monkeypatch.setattr("sys.argv", ["cost", str(tmp_path / "plan.json"), "--size", "try"])
    main()
    assert "| KMS keys | 1 key | 1 |  | 1.00 |" in capsys.readouterr().out
