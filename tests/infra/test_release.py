"""What a release does when things go wrong: the commands of pipeline and workflow, run with a stand-in for AWS."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from documents import blocks

ROOT = Path(__file__).resolve().parents[2]
OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "a" * 64


class StandIn:
    """A directory with an `aws` that answers as told, and a `sleep` that takes no time."""

    def __init__(self, home: Path, answers: dict[str, list[str | None]]) -> None:
        self.home = home
        (home / "answers.json").write_text(json.dumps(answers))
        (home / "asked").touch()
        script = Path(__file__).with_name("aws_stand_in.py")
        self.program("aws", f'exec {sys.executable} {script} "$@"')
        self.program("sleep", "exit 0")

    def program(self, name: str, command: str) -> None:
        path = self.home / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{command}\n")
        path.chmod(0o755)

    def run(self, script: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        environ = {"PATH": f"{self.home}/bin:/usr/bin:/bin", "AWS_STAND_IN": str(self.home), **environment}
        return subprocess.run(
            ["bash", "-e", "-c", script], env=environ, cwd=self.home, capture_output=True, text=True, check=False
        )

    @property
    def asked(self) -> list[str]:
        return (self.home / "asked").read_text().splitlines()

    def values_of(self, operation: str, option: str) -> list[str]:
        words = [line.split() for line in self.asked if line.startswith(operation)]
        return [line[line.index(option) + 1] for line in words]


def release(home: Path, answers: dict[str, list[str | None]]) -> tuple[int, StandIn]:
    """What release.yml of the pipeline does with the image NEW while OLD is in service."""
    usual: dict[str, list[str | None]] = {
        "autoscaling describe-auto-scaling-groups": ["i-1"],
        "ssm send-command": ["command-1"],
        "ssm get-command-invocation": ["Success"],
        "ssm get-parameter": [OLD],
        "autoscaling start-instance-refresh": ["refresh-1"],
        "autoscaling describe-instance-refreshes": ["InProgress", "Successful"],
        "elbv2 describe-target-health State!=": ["0"],
        "elbv2 describe-target-health State==": ["2"],
    }
    stand_in = StandIn(home, usual | answers)
    (home / "digest").write_text(NEW)
    steps = yaml.safe_load((ROOT / "terraform/modules/pipeline/release.yml").read_text())["phases"]["build"]["commands"]
    # CodeBuild runs its commands one after another in one shell, and stops at the first that fails.
    settings = {"GROUP": "app", "DIGEST_PARAMETER": "/app/image-digest", "TARGETS": "arn:of:targets"}
    return stand_in.run("\n".join(steps), **settings).returncode, stand_in


def test_a_release_that_goes_well_leaves_the_new_image_in_service(tmp_path: Path) -> None:
    code, aws = release(tmp_path, {})
    assert (code, aws.values_of("ssm put-parameter", "--value")) == (0, [NEW])


def test_a_broken_image_is_taken_back_and_the_release_fails(tmp_path: Path) -> None:
    """Its instances never end their set-up: the refresh goes on for ever, so it is cancelled."""
    code, aws = release(
        tmp_path, {"autoscaling describe-instance-refreshes": [*["InProgress"] * 200, "Cancelling", "Cancelled"]}
    )
    assert (code, aws.values_of("ssm put-parameter", "--value")) == (1, [NEW, OLD])
    operations = [line.split()[1] for line in aws.asked]
    cancelled = operations.index("cancel-instance-refresh")
    assert "put-parameter" in operations[cancelled:], "the group must not start more of the broken ones"
    assert "start-instance-refresh" in operations[cancelled:]


@pytest.mark.parametrize("state", ["Failed", "Cancelled", "RollbackSuccessful"])
def test_a_refresh_that_ends_badly_is_a_failed_release(tmp_path: Path, state: str) -> None:
    code, aws = release(tmp_path, {"autoscaling describe-instance-refreshes": ["InProgress", state]})
    assert (code, aws.values_of("ssm put-parameter", "--value")) == (1, [NEW, OLD])


@pytest.mark.parametrize("health", [{"State!=": ["1"]}, {"State==": ["0"]}], ids=["one is ill", "there is none"])
def test_instances_that_do_not_answer_the_health_check_are_taken_back(
    tmp_path: Path, health: dict[str, list[str | None]]
) -> None:
    """The group calls them healthy: it looks at the machines only."""
    code, aws = release(tmp_path, {f"elbv2 describe-target-health {which}": found for which, found in health.items()})
    assert (code, aws.values_of("ssm put-parameter", "--value")) == (1, [NEW, OLD])


def test_after_a_failed_migration_nothing_is_released(tmp_path: Path) -> None:
    code, aws = release(tmp_path, {"ssm get-command-invocation": ["InProgress", "Failed"]})
    assert (code, aws.values_of("ssm put-parameter", "--value")) == (1, [])


def step(name: str) -> dict[str, Any]:
    workflow = yaml.safe_load((ROOT / ".github/workflows/deploy.yml").read_text())
    [found] = [of for of in workflow["jobs"]["deploy"]["steps"] if name in of.get("name", "")]
    return dict(found)


def scanned(home: Path, answers: dict[str, list[str | None]], waiver: str = "") -> tuple[int, str]:
    summary = home / "summary"
    (home / "operations").symlink_to(ROOT / "operations")
    done = StandIn(home, answers).run(
        step("critical finding")["run"],
        REPOSITORY="r/notes",
        DIGEST=NEW,
        WAIVER=waiver,
        GITHUB_STEP_SUMMARY=str(summary),
    )
    return done.returncode, summary.read_text()


STATUS, COUNTS = (
    "ecr describe-image-scan-findings imageScanStatus",
    "ecr describe-image-scan-findings findingSeverityCounts",
)


def test_a_critical_finding_is_refused(tmp_path: Path) -> None:
    assert scanned(tmp_path, {STATUS: [None, "IN_PROGRESS", "COMPLETE"], COUNTS: ["3"]})[0] == 1


def test_a_waiver_says_why_it_is_released_all_the_same(tmp_path: Path) -> None:
    code, said = scanned(tmp_path, {STATUS: ["COMPLETE"], COUNTS: ["3"]}, waiver="not reachable from the app")
    assert (code, "3 critical findings. Waived: not reachable from the app" in said) == (0, True)


def test_an_image_without_findings_needs_no_waiver(tmp_path: Path) -> None:
    assert scanned(tmp_path, {STATUS: ["ACTIVE"], COUNTS: ["0"]})[0] == 0


def test_an_image_that_cannot_be_scanned_is_released_and_the_summary_says_so(tmp_path: Path) -> None:
    code, said = scanned(tmp_path, {STATUS: ["UNSUPPORTED_IMAGE"]})
    assert (code, "no findings to read" in said) == (0, True)


def test_a_scan_that_failed_is_no_pass(tmp_path: Path) -> None:
    assert scanned(tmp_path, {STATUS: ["FAILED"]})[0] == 1


@pytest.mark.parametrize(("critical", "code"), [("0", 0), ("1", 1)])
def test_the_pipeline_builds_nothing_to_release_from_an_image_with_a_critical_finding(
    tmp_path: Path, critical: str, code: int
) -> None:
    (tmp_path / "operations").symlink_to(ROOT / "operations")
    answers: dict[str, list[str | None]] = {"ecr describe-images": [NEW], STATUS: ["COMPLETE"], COUNTS: [critical]}
    build = yaml.safe_load((ROOT / "terraform/modules/pipeline/build.yml").read_text())["phases"]["build"]
    names = {"REPOSITORY": "r/notes", "REPOSITORY_NAME": "notes", "CODEBUILD_RESOLVED_SOURCE_VERSION": "c0ffee"}
    done = StandIn(tmp_path, answers).run("\n".join(build["commands"]), **names)
    assert (done.returncode, f"{critical} critical findings" in done.stdout) == (code, True)


def test_a_release_by_hand_reads_the_scan_before_the_digest_is_in_the_settings() -> None:
    [block] = [text for text in blocks((ROOT / "docs/deployment.md").read_text(), "sh") if "docker push" in text]
    assert block.index("docker push") < block.index("operations/read-scan") < block.index("terraform apply")


def test_going_back_asks_for_no_scan_and_no_migration() -> None:
    assert {step(name)["if"] for name in ("Build and push", "critical finding", "Migrate")} == {"inputs.digest == ''"}


def test_a_migration_may_take_hours(tmp_path: Path) -> None:
    aws = StandIn(
        tmp_path,
        {
            "ecs run-task": ["task-1"],
            "ecs describe-tasks lastStatus": [*["RUNNING"] * 500, "STOPPED"],
            "ecs describe-tasks exitCode": ["0"],
        },
    )
    done = aws.run(step("Migrate")["run"], CLUSTER="c", RELEASE="r", NETWORK="n")
    assert (done.returncode, sum("lastStatus" in line for line in aws.asked)) == (0, 501)
