"""What an operator sees of files at /metrics: how many arrive, why others do not, and how the store does."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress

import pytest
from flask import Flask
from prometheus_client import REGISTRY

from app.errors import AppError
from app.files import claims, refusals, service
from app.files.store import Store
from files.conftest import PNG, add


def value(name: str, **labels: str) -> float:
    return sample(name, **labels) or 0


def sample(name: str, **labels: str) -> float | None:
    # Of this figure only: those of requests have thousands of samples by the time that all tests have asked.
    families = REGISTRY.restricted_registry([name]).collect()
    return next((one.value for family in families for one in family.samples if one.labels == labels), None)


@pytest.fixture
def risen() -> Callable[..., float]:
    """Return by how much a figure has risen since it was asked for first."""
    before: dict[str, float] = {}

    def rise(name: str, **labels: str) -> float:
        now = value(name, **labels)
        return now - before.setdefault(f"{name} {labels}", now)

    return rise


def test_files_and_their_bytes_are_counted(context: Flask, owner: int, risen: Callable[..., float]) -> None:
    for _ in range(2):
        figures = risen("files_received_total"), risen("file_received_bytes_total")
        add(owner)
    assert (risen("files_received_total"), risen("file_received_bytes_total")) == (2, 2 * len(PNG))
    assert figures == (1, len(PNG))


@pytest.mark.parametrize("reason", [*refusals.REASONS.values()])
def test_each_reason_is_there_before_it_is_counted(context: Flask, reason: str) -> None:
    assert sample("files_refused_total", reason=reason) is not None


@pytest.mark.slow
def test_what_is_refused_is_counted_by_its_reason(
    make_app: Callable[..., Flask], owner: int, risen: Callable[..., float]
) -> None:
    full, none = make_app(ACCOUNT_MEGABYTES="1", FILE_MEGABYTES="1"), make_app(ACCOUNT_MEGABYTES="0")
    attempts: list[tuple[str, Flask, Callable[[], object]]] = [
        ("empty", full, lambda: add(owner, b"")),
        ("too large", full, lambda: add(owner, bytes(1024 * 1024 + 1))),
        ("too large", full, lambda: service.check_size(owner, 1024 * 1024 + 1)),
        ("account full", full, lambda: [add(owner, bytes(600_000)), add(owner, b"x" * 600_000)]),
        ("incomplete", full, lambda: service.add(owner, io.BytesIO(b"x"), "a", length=2)),
        ("key used", full, lambda: [add(owner, content, key="key") for content in (b"1", b"2")]),
        ("none kept", none, lambda: add(owner)),
    ]
    for reason, app, attempt in attempts:
        risen("files_refused_total", reason=reason)
        with app.app_context(), suppress(AppError):
            attempt()
    assert {reason: risen("files_refused_total", reason=reason) for reason, _, _ in attempts} == {
        "empty": 1, "too large": 2, "account full": 1, "incomplete": 1, "key used": 1, "none kept": 1,
    }  # fmt: skip


def test_what_a_store_does_not_do_is_counted(
    context: Flask, owner: int, store: Store, risen: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = add(owner)
    seconds = dict.fromkeys(("put", "open", "size", "delete"), "file_store_seconds_count")
    for operation, name in seconds.items():
        risen(name, operation=operation)
        risen("file_store_errors_total", operation=operation)
    store.delete(owner, file.sha256)
    with suppress(AppError):
        store.open(owner, file.sha256, 0, 1)
    assert [risen(name, operation=operation) for operation, name in seconds.items()] == [0, 1, 0, 1]
    assert [risen("file_store_errors_total", operation=operation) for operation in seconds] == [0, 1, 0, 0]
    monkeypatch.setattr(claims.store.of(context), "folder", claims.store.of(context).folder / "no" / "where")  # type: ignore[attr-defined]  # a folder
    with suppress(AppError):
        store.put(owner, file.sha256, io.BytesIO(PNG))
    assert risen("file_store_errors_total", operation="put") == 1
