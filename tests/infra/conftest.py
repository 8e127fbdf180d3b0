"""Each composition is applied once, to an emulated AWS of its own, and shared by all its tests."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

pytest.register_assert_rewrite(
    *(f"infra.{name}" for name in ("every_composition", "drawn", "eight_digit", "kept_files", "mutations", "questions"))
)

from missing_programs import pytest_runtest_call, pytest_runtest_setup  # noqa: E402, F401 - hooks

from devtools.composition import (  # noqa: E402 - asserts are rewritten first
    GAP,
    VARIABLES,
    Composition,
    certificate,
    emulated_aws,
    provider_mirror,
    terraform_binary,
    zone,
)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "last: runs after every other test, because it leaves nothing to test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    passed = terminalreporter.stats.get("passed", [])
    gaps = {str(value) for report in passed for name, value in report.user_properties if name == GAP}
    if gaps:
        terminalreporter.section("second plans differed in what the emulator forgets, and in nothing else")
        for gap in sorted(gaps):
            terminalreporter.write_line(gap)


# Both ask one composition, and one of them destroys it at its end.
TOGETHER = {"test_commands": "test_three_tier"}


class ByComposition(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Lets one process run all tests of a composition: each process that has one of them applies it for itself."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        name = Path(file).stem
        if name == "test_upgrade":  # each of its parameters is a composition
            return name + test.partition("[")[2]
        return TOGETHER.get(name, name)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByComposition:
    return ByComposition(config, log)


# They have few tests, and apply and destroy whole compositions. By their number xdist would begin them last, and they
# would end long after all others; --no-loadscope-reorder keeps the order.
FIRST = ("test_mail", "test_upgrade", "test_identity_provider", "test_means", "test_refusals", "test_task_manager")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> tuple[bool, int]:
        name = item.path.stem
        first = FIRST.index(name) if name in FIRST else len(FIRST)
        return item.get_closest_marker("last") is not None, first

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def terraform_is_usable() -> None:
    terraform_binary(), provider_mirror()


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
        return {"zone_id": zone(composition, "example.org")}

    return apply("task-manager", before=ordered, cdn={})
