"""Each composition is applied once, to an emulated AWS of its own, and shared by all its tests."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.register_assert_rewrite(
    *(f"infra.{name}" for name in ("every_composition", "drawn", "eight_digit", "mutations", "questions"))
)

from infra.composition import (  # noqa: E402 - asserts are rewritten first
    GAP,
    Composition,
    Unusable,
    emulated_aws,
    provider_mirror,
    skip_or_fail,
    terraform_binary,
)

DIGEST = "sha256:" + "a" * 64
SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0QJ0000000000000000000000000000000000000000 operator"
VARIABLES: dict[str, dict[str, Any]] = {
    "bootstrap": {},
    "three-tier": {
        "domain": "notes.example.org",
        "email": "operator@example.org",
        "admin_cidr": "203.0.113.7/32",
        "ssh_public_key": SSH_KEY,
        "github_repository": "example/notes",
        "image_digest": DIGEST,
    },
    "task-manager": {
        "domain": "tasks.example.org",
        "email": "operator@example.org",
        "image_digest": DIGEST,
        "pipeline": {
            "repository": "example/notes",
            "branch": "main",
            "connection_arn": "arn:aws:codestar-connections:ap-south-1:123456789012:connection/0f0f",
        },
    },
    "eight-digit": {"image_digest": DIGEST, "email": "operator@example.org"},
}


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after every other test, because it leaves nothing to test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    gaps = {str(value) for report in passed for name, value in report.user_properties if name == GAP}
    if gaps:
        terminalreporter.section("second plans differed in what the emulator forgets, and in nothing else")
        for gap in sorted(gaps):
            terminalreporter.write_line(gap)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("last") is not None)


@pytest.fixture(scope="session", autouse=True)
def terraform_is_usable() -> None:
    try:
        terraform_binary(), provider_mirror()
    except Unusable as lack:
        skip_or_fail(lack)


Apply = Callable[..., Composition]


@pytest.fixture(scope="session")
def apply(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apply]:
    """Gives a function that starts an emulator and applies a composition to it."""
    running = []

    def applied(
        name: str, before: Callable[[Composition], dict[str, Any]] | None = None, **variables: Any
    ) -> Composition:
        emulator = emulated_aws()
        running.append(emulator)
        directory = tmp_path_factory.mktemp(name)
        composition = Composition(name, directory, emulator.__enter__(), VARIABLES[name] | variables)
        if before:
            composition.set_variables(before(composition))
        composition.init()
        composition.apply()
        return composition

    yield applied
    for emulator in running:
        emulator.__exit__(None, None, None)


def certificate(composition: Composition, domain: str, region: str | None = None) -> str:
    """A certificate as an operator orders it, before the composition that uses it."""
    return str(composition.client("acm", region).request_certificate(DomainName=domain)["CertificateArn"])


@pytest.fixture(scope="session")
def three_tier(apply: Apply) -> Composition:
    return apply("three-tier")


@pytest.fixture(scope="session")
def public_task(apply: Apply) -> Composition:
    return apply("eight-digit")


@pytest.fixture(scope="session")
def balanced_task(apply: Apply) -> Composition:
    def ordered(composition: Composition) -> dict[str, Any]:
        return {"certificate_arn": certificate(composition, "entries.example.org")}

    return apply("eight-digit", before=ordered, exposure="load-balancer", domain="entries.example.org")


@pytest.fixture(scope="session")
def task_manager(apply: Apply) -> Composition:
    def ordered(composition: Composition) -> dict[str, Any]:
        cdn = {
            "certificate_arn": certificate(composition, "tasks.example.org", "us-east-1"),
            "origin_domain": "origin.tasks.example.org",
        }
        return {"certificate_arn": certificate(composition, "tasks.example.org"), "cdn": cdn}

    return apply("task-manager", before=ordered)
