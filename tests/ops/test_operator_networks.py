"""States and figures are for our own machines: OPERATOR_NETWORKS says which these are."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from config import ConfigError, from_environment

OWN, STRANGER = "10.0.1.7", "203.0.113.9"
PAGES = ("/health", "/readyz", "/metrics", "/pool-stats")


def asked(app: Flask, path: str, address: str, **headers: str) -> TestResponse:
    return app.test_client().get(path, environ_base={"REMOTE_ADDR": address}, headers=headers)


@pytest.mark.parametrize("path", [*PAGES, "/%6detrics", "/%68ealth"])
def test_a_stranger_finds_none_of_them_however_they_are_spelt(make_app: Callable[..., Flask], path: str) -> None:
    app = make_app(OPERATOR_NETWORKS="127.0.0.0/8,10.0.0.0/16")
    assert asked(app, path, STRANGER).status_code == 404
    assert asked(app, path, OWN).status_code == 200


def test_whoever_comes_through_the_load_balancer_is_a_stranger_and_its_own_check_is_not(
    make_app: Callable[..., Flask],
) -> None:
    app = make_app(OPERATOR_NETWORKS="10.0.0.0/16", PROXY_HOPS="1")
    assert asked(app, "/metrics", OWN, **{"X-Forwarded-For": STRANGER}).status_code == 404
    assert asked(app, "/health", OWN).status_code == 200


def test_the_process_itself_may_be_asked_by_anybody(make_app: Callable[..., Flask]) -> None:
    assert asked(make_app(OPERATOR_NETWORKS="10.0.0.0/16"), "/livez", STRANGER).status_code == 200


def test_without_the_setting_everybody_is_answered(make_app: Callable[..., Flask]) -> None:
    assert {asked(make_app(), path, STRANGER).status_code for path in PAGES} == {200}


def test_what_is_no_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="OPERATOR_NETWORKS must be ranges of addresses"):
        from_environment({"OPERATOR_NETWORKS": "our office"})
