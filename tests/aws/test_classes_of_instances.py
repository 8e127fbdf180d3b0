"""Classes of instances in the HCL and its sets of settings, most of which no test applies, are sold where they run."""

from __future__ import annotations

import re

import pytest

from devtools.aws_schemas import faults_of
from devtools.processes import ROOT

REGIONS = {"three-tier": ["eu-central-1"], "task-manager": ["ap-south-1"], "modules": ["eu-central-1", "ap-south-1"]}
CLASS = re.compile(r'"((?:db\.)?[a-z]+\d[a-z]*\.[a-z0-9]+)"')
NAMED = sorted(
    (region, name)
    for folder, regions in REGIONS.items()
    for region in regions
    for name in {
        found
        for file in (ROOT / "terraform" / folder).rglob("*.tf*")
        if not {".terraform", "tests"} & set(file.relative_to(ROOT).parts) and file.is_file()
        for found in CLASS.findall(file.read_text())
    }
)


def unsold(region: str, name: str) -> list[str]:
    if name.startswith("db."):
        database = {"Engine": "mysql", "EngineVersion": "8.4", "AllocatedStorage": "20", "DBInstanceClass": name}
        return faults_of("AWS::RDS::DBInstance", database, region)
    return faults_of("AWS::EC2::LaunchTemplate", {"LaunchTemplateData": {"InstanceType": name}}, region)


def test_classes_are_found() -> None:
    assert {("ap-south-1", "db.t4g.small"), ("eu-central-1", "t3.nano")} <= set(NAMED)


@pytest.mark.slow
@pytest.mark.parametrize(("region", "name"), NAMED)
def test_each_class_is_sold(region: str, name: str) -> None:
    assert unsold(region, name) == []


@pytest.mark.parametrize("name", ["db.m4.large", "db.t4g.giant", "t3.giant", "t9.micro"])
def test_a_class_that_is_not_sold_is_seen(name: str) -> None:
    assert unsold("eu-central-1", name)
