"""What a composition costs a month: its Terraform plan, priced by a dated file, for a stated usage."""

import argparse
import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from devtools.terraform_json import Plan

HERE = Path(__file__).resolve().parent
HOURS = 730  # in a month, as AWS reckons
BUILD_MINUTES = 8  # build and release of one push

Quantities = Iterator[tuple[str, float]]
Table = dict[str, Any]


def read(name: str) -> Table:
    return tomllib.loads((HERE / name).read_text())


class PricedPlan(Plan):
    """What will stand, and how it will be used; `usage` is a size's table of usage.toml."""

    def __init__(self, printed: Table, usage: Table) -> None:
        super().__init__(printed)
        self.usage = usage

    @property
    def region(self) -> str:
        return str(self.variables["region"])

    def subnets(self, *, public: bool) -> int:
        return sum(bool(subnet.values["map_public_ip_on_launch"]) is public for subnet in self.of("aws_subnet"))


# Each function below tells, for one type of resource: (price, quantity a month), ...


def instances(plan: PricedPlan) -> Quantities:
    for group in plan.of("aws_autoscaling_group"):
        template = plan.beside(group, "aws_launch_template")
        count = group.values["min_size"]
        yield template["instance_type"], count * HOURS
        yield "disk", count * template["block_device_mappings"][0]["ebs"][0]["volume_size"]
        yield "metric", count * 7  # detailed monitoring


def tasks(plan: PricedPlan) -> Quantities:
    for service in plan.of("aws_ecs_service"):
        size = plan.beside(service, "aws_ecs_task_definition", "serve")
        hours = service.values["desired_count"] * HOURS
        yield "fargate-cpu", hours * int(size["cpu"]) / 1024
        yield "fargate-memory", hours * int(size["memory"]) / 1024
        if service.values["network_configuration"][0]["assign_public_ip"]:
            yield "public-address", hours


def container_insights(plan: PricedPlan) -> Quantities:
    yield "metric", len(plan.of("aws_ecs_cluster")) * plan.usage["container_insights_metrics"]


def databases(plan: PricedPlan) -> Quantities:
    for database in (resource.values for resource in plan.of("aws_db_instance")):
        copies = 2 if database["multi_az"] else 1
        yield database["instance_class"], copies * HOURS
        yield "database-disk", copies * database["allocated_storage"]
        yield "secret", 1 if database["manage_master_user_password"] else 0


def clusters(plan: PricedPlan) -> Quantities:
    """A writer and two standbys, each with a disk of its own."""
    for cluster in (resource.values for resource in plan.of("aws_rds_cluster")):
        yield cluster["db_cluster_instance_class"], 3 * HOURS
        yield "database-disk", 3 * cluster["allocated_storage"]
        yield "secret", 1 if cluster["manage_master_user_password"] else 0


def alarms(plan: PricedPlan) -> Quantities:
    """By the metrics that they look at, as AWS counts; and those of these that AWS does not make by itself.

    A host or a line of the log makes each of the latter, and one alarm watches it.
    """
    metrics = [metric for alarm in plan.of("aws_cloudwatch_metric_alarm") for metric in metrics_of(alarm.values)]
    yield "alarm", len(metrics)
    yield "metric", sum(not str(metric["namespace"]).startswith("AWS/") for metric in metrics)


def metrics_of(alarm: Table) -> list[Table]:
    queries = alarm.get("metric_query") or []
    return [query["metric"][0] for query in queries if query["metric"]] or [alarm]


def balancers(plan: PricedPlan) -> Quantities:
    for balancer in plan.of("aws_lb"):
        yield "balancer-hour", HOURS
        # A unit is a GB, or 25 new connections a second, in an hour; at worst each request is a connection.
        yield "balancer-unit", max(plan.usage["data_out_gb"], plan.usage["requests"] / 25 / 3600)
        if not balancer.values["internal"]:
            yield "public-address", plan.subnets(public=True) * HOURS


def nat(plan: PricedPlan) -> Quantities:
    yield "nat-hour", len(plan.of("aws_nat_gateway")) * HOURS
    yield "nat-data", plan.usage["nat_gb"]


def endpoints(plan: PricedPlan) -> Quantities:
    for endpoint in plan.of("aws_vpc_endpoint"):
        if endpoint.values["vpc_endpoint_type"] == "Interface":
            yield "endpoint-hour", plan.subnets(public=False) * HOURS
        else:
            yield "endpoint-gateway", HOURS


def way_out(plan: PricedPlan) -> Quantities:
    """What CloudFront fetches from a load balancer is free; then people get it from CloudFront."""
    yield "data-out", 0 if plan.of("aws_cloudfront_distribution") else plan.usage["data_out_gb"]


def table(plan: PricedPlan) -> Quantities:
    """An entry is written twice, into the table and its index; a page reads two units."""
    yield "table-write", 2 * plan.usage["entries_written"] / 1e6
    yield "table-read", 2 * plan.usage["requests"] / 1e6
    yield "table-data", 2 * plan.usage["table_gb"]
    yield "table-recovery", plan.usage["table_gb"]


def buckets(plan: PricedPlan) -> Quantities:
    yield "bucket", plan.usage["buckets_gb"]
    if any("-content-" in bucket["bucket"] for bucket in plan.values("aws_s3_bucket")):
        yield "content", plan.usage["files_gb"]


def malware_scan(plan: PricedPlan) -> Quantities:
    """At worst all files are of this month; each has a megabyte."""
    yield "malware-scan-data", plan.usage["files_gb"]
    yield "malware-scan-object", plan.usage["files_gb"]


def firewall(plan: PricedPlan) -> Quantities:
    for acl in plan.of("aws_wafv2_web_acl"):
        yield "firewall", 1
        yield "firewall-rule", len(acl.values["rule"])
    yield "firewall-request", plan.usage["requests"] / 1e6


def each(price: str, kind: str) -> Callable[[PricedPlan], Quantities]:
    """So much for every resource of the type."""
    return lambda plan: iter([(price, len(plan.of(kind)))])


def used(price: str, figure: str, per: float = 1) -> Callable[[PricedPlan], Quantities]:
    """So much as the usage says, however many resources share it."""
    return lambda plan: iter([(price, plan.usage[figure] * per)])


def builds(price: str) -> Callable[[PricedPlan], Quantities]:
    return used(price, "builds", BUILD_MINUTES)


PRICED: dict[str, Callable[[PricedPlan], Quantities]] = {
    "aws_autoscaling_group": instances,
    "aws_ecs_service": tasks,
    "aws_ecs_cluster": container_insights,
    "aws_db_instance": databases,
    "aws_rds_cluster": clusters,
    "aws_backup_plan": used("backup", "database_copies_gb"),
    "aws_dynamodb_table": table,
    "aws_lb": balancers,
    "aws_nat_gateway": nat,
    "aws_eip": lambda plan: iter([("public-address", len(plan.of("aws_eip")) * HOURS)]),
    "aws_vpc_endpoint": endpoints,
    "aws_internet_gateway": way_out,
    "aws_cloudfront_distribution": used("cdn-data", "data_out_gb"),
    "aws_wafv2_web_acl": firewall,
    "aws_cloudwatch_log_group": used("log-data", "logs_gb"),
    "aws_flow_log": used("flow-log-data", "flow_logs_gb"),
    "aws_cloudwatch_metric_alarm": alarms,
    "aws_cloudwatch_dashboard": each("dashboard", "aws_cloudwatch_dashboard"),
    "aws_kms_key": each("key", "aws_kms_key"),
    "aws_secretsmanager_secret": each("secret", "aws_secretsmanager_secret"),
    "aws_ecr_repository": used("images", "images_gb"),
    "aws_s3_bucket": buckets,
    "aws_guardduty_malware_protection_plan": malware_scan,
    "aws_codepipeline": builds("pipeline-minute"),
    "aws_codebuild_project": builds("build-minute"),
    "aws_route53_health_check": each("health-check", "aws_route53_health_check"),
    "aws_sns_topic": used("mail", "mails", 1e-5),
}


@dataclass(frozen=True)
class Line:
    what: str
    quantity: float
    unit: str
    price: float | None
    free: float = 0

    @property
    def dollars(self) -> float:
        return max(0.0, self.quantity - self.free) * (self.price or 0)


@dataclass(frozen=True)
class Estimate:
    lines: list[Line]
    free: dict[str, list[str]]
    unpriced: list[str]

    @property
    def dollars(self) -> float:
        return sum(line.dollars for line in self.lines)


def estimate(plan: PricedPlan) -> Estimate:
    known = read("prices.toml")
    kinds = sorted({resource.kind for resource in plan.resources})
    quantities: Counter[str] = Counter()
    for kind in kinds:
        for price, quantity in PRICED[kind](plan) if kind in PRICED else ():
            quantities[price] += quantity  # type: ignore[assignment]  # a Counter may hold fractions
    lines = [line(name, quantity, plan.region, known["price"]) for name, quantity in quantities.items() if quantity]
    free = {reason: [kind for kind in kinds if kind in of] for reason, of in known["free"].items()}
    known_kinds = set(PRICED) | {kind for of in free.values() for kind in of}
    without = [f"{of.what} in {plan.region}" for of in lines if of.price is None]
    return Estimate(lines, free, without + [kind for kind in kinds if kind not in known_kinds])


def line(name: str, quantity: float, region: str, prices: Table) -> Line:
    price = prices.get(name, {"what": name, "unit": "?"})
    return Line(price["what"], quantity, price["unit"], price.get(region), price.get("free", 0))


def figure(number: float) -> str:
    """As short as it can be: 1,460 or 0.02."""
    return f"{number:,.0f}" if number >= 100 else f"{number:,.4g}"


def as_table(found: Estimate) -> str:
    rows = [
        f"| {of.what} | {figure(of.quantity)} {of.unit} | {'unpriced' if of.price is None else f'{of.price:g}'} "
        f"| {f'{of.free:g}' if of.free else ''} | {of.dollars:,.2f} |"
        for of in sorted(found.lines, key=lambda of: -of.dollars)
    ]
    head = ["| What | Quantity a month | $ each | of it free | $ a month |", "|---|---:|---:|---:|---:|"]
    return "\n".join([*head, *rows, f"| **Together** | | | | **{found.dollars:,.2f}** |"])


def as_lists(found: list[Estimate]) -> str:
    """What is not in the tables: what has no price here, and what costs nothing."""
    unpriced = sorted({kind for one in found for kind in one.unpriced})
    free: dict[str, set[str]] = {}
    for reason, kinds in (item for one in found for item in one.free.items()):
        free.setdefault(reason, set()).update(kinds)
    return "\n".join(
        [
            f"- **Resources without a price, missing from the sums**: {named(unpriced) or 'none'}.",
            *(f"- **Free.** {reason}: {named(sorted(kinds))}." for reason, kinds in free.items() if kinds),
        ]
    )


def named(kinds: list[str]) -> str:
    return ", ".join(f"`{kind}`" for kind in kinds)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("plan", type=Path, help="what terraform show -json PLAN printed")
    arguments.add_argument("--size", default="small", choices=sorted(read("usage.toml")), help="usage of this size")
    given = arguments.parse_args()
    found = estimate(PricedPlan(json.loads(given.plan.read_text()), read("usage.toml")[given.size]))
    print(as_table(found), as_lists([found]), sep="\n\n")


if __name__ == "__main__":
    main()
