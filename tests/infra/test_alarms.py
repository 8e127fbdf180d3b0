"""Each alarm, played what its metrics say: silent on a quiet day, ringing within five minutes of its incident."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest

from devtools.composition import Composition, emulated_aws
from devtools.terraform_json import Plan
from infra.cloudwatch import Series, is_ringing, watched
from operations.reference import read_alarms

# One of everything, so that no alarm is left out.
EVERYTHING = """
provider "aws" { region = "eu-central-1" }

module "monitoring" {
  source = "./monitoring"

  name          = "notes"
  service       = { cluster = "notes", service = "notes-app" }
  instances     = "notes"
  database      = { dimensions = { DBInstanceIdentifier = "notes" }, copies = true, burstable = true }
  nginx         = { first = "notes-nginx", second = "notes-nginx-2" }
  app_logs      = "/ecs/notes"
  table         = "entries"
  malware_scan  = { "Malware Protection Plan Id" = "0f", "Resource Name" = "notes-content" }
  certificate   = { arn = "arn:aws:acm:eu-central-1:123456789012:certificate/0f0f" }
  load_balancer = { arn_suffix = "app/notes/0f", target_group_arn_suffix = "targetgroup/notes/0f", healthy = 2 }
}
"""
MINUTES = 5
GIB = 1024**3


@dataclass(frozen=True)
class Day:
    """What each metric says in a period of a quiet day, and in one of the incident; None where AWS says nothing."""

    quiet: dict[str, float | None]
    incident: dict[str, float | None]


def of_one(metric: str, quiet: float | None, incident: float | None) -> Day:
    return Day({metric: quiet}, {metric: incident})


OUTAGE = "HTTPCode_Target_5XX_Count", "RequestCount", "HTTPCode_ELB_5XX_Count"
DAYS = {
    # Two requests a minute, as many as a small team makes at night.
    "app-errors": Day({OUTAGE[0]: None, OUTAGE[1]: 2}, {OUTAGE[0]: 2, OUTAGE[1]: 2}),
    # Requests that find no target are not counted among the requests.
    "balancer-errors": Day({OUTAGE[2]: None, OUTAGE[1]: 2}, {OUTAGE[2]: 2, OUTAGE[1]: None}),
    "latency": of_one("TargetResponseTime", 0.02, 2.0),
    "healthy-hosts": of_one("HealthyHostCount", 2, 0),
    "service-cpu": of_one("CPUUtilization", 30, 99),
    "service-memory": of_one("MemoryUtilization", 40, 95),
    "instance-cpu": of_one("CPUUtilization", 30, 99),
    "instance-credits": of_one("CPUSurplusCreditsCharged", 0, 2),
    "instance-status": of_one("StatusCheckFailed", 0, 1),
    "database-cpu": of_one("CPUUtilization", 10, 99),
    "database-credits": of_one("CPUCreditBalance", 200, 0),
    "database-memory": of_one("FreeableMemory", GIB / 4, 2e7),
    "database-connections": of_one("DatabaseConnections", 15, 90),
    "database-storage": of_one("FreeStorageSpace", 15 * GIB, GIB),
    "copies-lag": of_one("ReplicaLag", 0.1, 300),
    "table-throttled": of_one("WriteThrottleEvents", None, 3),
    # Nothing at all while no file arrives.
    "malware-found": of_one("InfectedScanCount", None, 1),
    "scan-failed": of_one("FailedScanCount", None, 1),
    "scan-denied": of_one("SkippedScanCount", None, 1),
    "refused-sign-ins": of_one("RefusedSignIns", None, 40),
    "lock-waits": of_one("LockWaits", None, 1),
    "pool-exhausted": of_one("PoolExhausted", None, 1),
    "database-silent": of_one("DatabaseSilent", None, 2),
    "clock-off": of_one("ClockOff", None, 1),
    "nginx-down": of_one("NginxUp", 1, 0),
    "nginx-down-second": of_one("NginxUp", 1, 0),
    "site-down": of_one("SiteUp", 1, 0),
    "certificate-expiry": of_one("CertificateDaysLeft", 60, 0),
    "certificate-expiry-second": of_one("CertificateDaysLeft", 60, 0),
    "certificate-days": of_one("DaysToExpiry", 60, 20),
}
# What AWS reports more seldom rings with its first figure.
PERIODS = {"instance-credits": 300, "database-credits": 300, "certificate-days": 86400}
PERIODS |= dict.fromkeys(("malware-found", "scan-failed", "scan-denied"), 300)
SILENT = ("healthy-hosts", "nginx-down", "nginx-down-second")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    with emulated_aws() as endpoint:
        modules = Composition("modules", tmp_path_factory.mktemp("modules"), endpoint, {})
        (modules.root / "test.auto.tfvars.json").unlink()
        (modules.root / "main.tf").write_text(EVERYTHING)
        modules.init()
        return modules.plan()


@pytest.fixture(scope="module")
def alarms(plan: Plan) -> dict[str, dict[str, Any]]:
    """As Terraform plans them, by name."""
    return {str(one.index): one.values for one in plan.of("aws_cloudwatch_metric_alarm")}


def series(*parts: tuple[int, dict[str, float | None]]) -> dict[str, Series]:
    """Return so many periods of each part, one after the other."""
    return {name: [part[name] for times, part in parts for _ in range(times)] for name in parts[0][1]}


def rings(alarm: dict[str, Any], *parts: tuple[int, dict[str, float | None]]) -> list[bool]:
    """Tell whether it rings, however far CloudWatch looks back."""
    return [is_ringing(alarm, series(*parts), extra=extra) for extra in (0, 2, 5)]


def test_every_alarm_is_planned_and_played(alarms: dict[str, Any]) -> None:
    assert alarms.keys() == DAYS.keys() == read_alarms().keys()


@pytest.mark.parametrize("name", DAYS)
def test_it_is_silent_on_a_quiet_day(alarms: dict[str, Any], name: str) -> None:
    assert rings(alarms[name], (30, DAYS[name].quiet)) == [False] * 3


@pytest.mark.parametrize("name", DAYS)
def test_it_rings_within_five_minutes_of_its_incident_and_ends_after_it(alarms: dict[str, Any], name: str) -> None:
    alarm, day = alarms[name], DAYS[name]
    period = alarm["period"] or next(query["metric"][0]["period"] for query in alarm["metric_query"] if query["metric"])
    assert period == PERIODS.get(name, 60)
    incident = (1 if period > 60 else MINUTES, day.incident)
    assert rings(alarm, (30, day.quiet), incident) == [True] * 3
    assert rings(alarm, (30, day.quiet), incident, (30, day.quiet))[0] is False


@pytest.mark.parametrize("name", SILENT)
def test_what_must_report_rings_when_it_is_silent(alarms: dict[str, Any], name: str) -> None:
    silence = dict.fromkeys(DAYS[name].quiet)
    assert rings(alarms[name], (30, DAYS[name].quiet), (MINUTES, silence)) == [True] * 3
    assert rings(alarms[name], (30, silence)) == [True] * 3


@pytest.mark.parametrize(("name", "figure"), [("app-errors", OUTAGE[0]), ("balancer-errors", OUTAGE[2])])
def test_one_error_at_two_requests_a_minute_does_not_ring(alarms: dict[str, Any], name: str, figure: str) -> None:
    quiet = DAYS[name].quiet
    for minute in range(8):
        one = [(30, quiet), (1, quiet | {figure: 1}), (minute, quiet)]
        assert rings(alarms[name], *one) == [False] * 3


@pytest.mark.parametrize("name", ["app-errors", "balancer-errors"])
def test_an_outage_of_a_busy_site_rings_and_one_error_in_a_hundred_does_not(alarms: dict[str, Any], name: str) -> None:
    busy = {figure: None if value is None else 1000.0 for figure, value in DAYS[name].quiet.items()}
    few: dict[str, float | None] = {
        figure: 10.0 if value is None else 1000.0 for figure, value in DAYS[name].quiet.items()
    }
    assert rings(alarms[name], (30, few)) == [False] * 3
    assert rings(alarms[name], (30, busy), (5, dict.fromkeys(busy, 1000.0))) == [True] * 3


@pytest.mark.parametrize("name", ["app-errors", "balancer-errors"])
def test_a_night_without_requests_does_not_ring(alarms: dict[str, Any], name: str) -> None:
    assert rings(alarms[name], (30, dict.fromkeys(DAYS[name].quiet))) == [False] * 3


# As CloudWatch's user guide describes it: three of three, five periods looked at, X beyond the limit, 0 within.
@pytest.mark.parametrize(
    ("points", "breaching", "not_breaching"),
    [("0-X-X", False, False), ("0----", False, False), ("-----", True, False), ("0XX-X", True, True)],
)
def test_missing_data_count_as_cloudwatch_says(points: str, *, breaching: bool, not_breaching: bool) -> None:
    values: Series = [{"0": 0.0, "X": 1.0, "-": None}[point] for point in points]
    for treatment, expected in (("breaching", breaching), ("notBreaching", not_breaching)):
        alarm = {"evaluation_periods": 3, "datapoints_to_alarm": 3, "treat_missing_data": treatment}
        alarm |= {"threshold": 0, "comparison_operator": "GreaterThanThreshold"}
        assert is_ringing(alarm | {"metric_query": [], "metric_name": "m"}, {"m": values}) is expected


def test_a_formula_has_no_value_where_one_is_missing_or_it_divides_by_zero() -> None:
    asked: list[dict[str, Any]] = [{"id": "result", "expression": "100 * FILL(a, 0) / b", "metric": []}]
    asked += [{"id": name, "metric": [{"metric_name": name}]} for name in "ab"]
    assert watched({"metric_query": asked}, {"a": [1, None, 1, 1], "b": [2, 2, 0, None]}) == [50, 0, None, None]


@pytest.mark.parametrize(
    ("source", "category", "is_sent"),
    [
        ("notes", "failover", True),
        ("notes-instance-2", "availability", True),  # of a cluster
        ("notes", "backup", False),
        ("dev-notes", "failover", False),
    ],
)
def test_what_rds_says_of_a_stop_or_failover_is_sent_as_a_mail(
    plan: Plan, source: str, category: str, *, is_sent: bool
) -> None:
    [rule] = plan.of("aws_cloudwatch_event_rule")
    pattern = json.loads(rule.values["event_pattern"])
    assert pattern["source"] == ["aws.rds"]
    assert "RDS DB Instance Event" in pattern["detail-type"]
    prefixes = tuple(one["prefix"] for one in pattern["detail"]["SourceIdentifier"])
    assert (source.startswith(prefixes) and category in pattern["detail"]["EventCategories"]) is is_sent
