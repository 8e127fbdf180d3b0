"""Guessing is slowed down, over several processes and from several places."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app import db, rate_limits
from app.accounts import service
from app.errors import Invalid, TooMany
from app.rate_limits import failed_attempt
from devtools.forms import sign_in, submit
from devtools.people import PASSWORD, Cast, email

Later = Callable[..., None]
HERE, THERE = "192.0.2.1", "192.0.2.2"


def attempt(app: Flask, name: str, password: str = "not the password", client: str = HERE) -> str:
    """Return what comes of trying to sign in: in, wrong or wait."""
    with app.app_context():
        try:
            service.sign_in(email(name), password, client=client, user_agent="")
        except Invalid:
            return "wrong"
        except TooMany:
            return "wait"
        return "in"


def attempts(app: Flask, name: str, number: int, **how: str) -> Counter[str]:
    return Counter(attempt(app, name, **how) for _ in range(number))


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_after_ten_failures_even_the_right_password_waits(app: Flask, cast: Cast, name: str) -> None:
    assert attempts(app, name, 12) == {"wrong": 10, "wait": 2}
    assert attempt(app, name, PASSWORD) == "wait"


def test_an_address_has_no_more_attempts_by_being_written_in_other_ways(app: Flask, cast: Cast) -> None:
    name, _, host = email("alice").partition("@")
    with app.app_context():
        for letter in range(12):
            wide = host[: letter % 7] + chr(ord(host[letter % 7]) + 0xFEE0) + host[letter % 7 + 1 :]  # a wide letter
            with pytest.raises(Invalid if letter < 10 else TooMany):
                service.sign_in(f"{name}@{wide}", "not the password", client=HERE, user_agent="")
    assert attempt(app, "alice", PASSWORD) == "wait"


def test_waiting_concerns_one_address_at_one_place(app: Flask, cast: Cast) -> None:
    attempts(app, "alice", 11)
    assert attempt(app, "bob", PASSWORD) == "in"
    assert attempt(app, "alice", PASSWORD, THERE) == "in"


def test_after_fifteen_minutes_it_goes_on(app: Flask, cast: Cast, later: Later) -> None:
    attempts(app, "alice", 11)
    later(minutes=13)
    assert attempt(app, "alice", PASSWORD) == "wait"
    later(minutes=2)
    assert attempt(app, "alice", PASSWORD) == "in"


def test_no_border_between_two_periods_gives_twice_as_many(app: Flask, cast: Cast, later: Later) -> None:
    outcomes: Counter[str] = Counter()
    for _ in range(14):
        outcomes += attempts(app, "alice", 2)
        later(minutes=1)
    assert outcomes["wrong"] == 10


def test_who_keeps_trying_is_not_kept_out_any_longer(app: Flask, cast: Cast, later: Later) -> None:
    attempts(app, "alice", 30)
    later(minutes=14)
    attempts(app, "alice", 30)
    later(minutes=1)
    assert attempt(app, "alice", PASSWORD) == "in"


def test_on_a_socket_of_both_kinds_places_of_ipv4_stay_apart(app: Flask, cast: Cast) -> None:
    assert attempts(app, "alice", 12, client=f"::ffff:{HERE}") == {"wrong": 10, "wait": 2}
    assert attempt(app, "alice", PASSWORD, HERE) == "wait"
    assert attempt(app, "alice", PASSWORD, f"::ffff:{THERE}") == "in"


def test_successes_do_not_count(app: Flask, cast: Cast) -> None:
    assert attempts(app, "alice", 15, password=PASSWORD) == {"in": 15}
    assert attempts(app, "alice", 12) == {"wrong": 10, "wait": 2}


def test_one_place_has_a_hundred_guesses_at_all_addresses_together(app: Flask, cast: Cast) -> None:
    outcomes = Counter(attempt(app, f"name{number}") for number in range(102))
    assert outcomes == {"wrong": 100, "wait": 2}
    assert attempt(app, "alice", PASSWORD, THERE) == "in"


def test_all_places_together_have_fifty_guesses_at_one_address(app: Flask, cast: Cast) -> None:
    outcomes = Counter(attempt(app, "alice", client=f"192.0.2.{number}") for number in range(52))
    assert outcomes == {"wrong": 50, "wait": 2}


def test_one_place_may_make_ten_accounts(context: Flask) -> None:
    for _ in range(10):
        rate_limits.sign_up(HERE)
    with pytest.raises(TooMany):
        rate_limits.sign_up(HERE)
    rate_limits.sign_up(THERE)


def test_a_network_of_ipv6_is_one_place(app: Flask, cast: Cast) -> None:
    outcomes = Counter(attempt(app, "alice", client=f"2001:db8::{number:x}") for number in range(12))
    assert outcomes == {"wrong": 10, "wait": 2}
    assert attempt(app, "alice", PASSWORD, "2001:db8:0:1::1") == "in"


def test_the_address_is_counted_however_it_is_written(app: Flask, cast: Cast) -> None:
    outcomes = Counter(attempt(app, name) for name in ["alice", "Alice", "ALICE", " alice"] * 3)
    assert outcomes == {"wrong": 10, "wait": 2}


def test_guesses_sent_at_once_to_two_processes_share_one_limit(make_app: Callable[..., Flask]) -> None:
    apps = [make_app(), make_app()]
    with ThreadPoolExecutor(8) as pool:
        outcomes = Counter(pool.map(lambda number: attempt(apps[number % 2], "nobody"), range(40)))
    assert outcomes == {"wrong": 10, "wait": 30}


def test_guessing_the_current_password_in_an_open_session_is_slowed_down_too(alice: FlaskClient) -> None:
    fields = {"current": "not the password", "new": "five other words", "again": "five other words"}
    statuses = Counter(submit(alice, "/account", **fields).status_code for _ in range(12))
    assert statuses == {422: 10, 429: 2}


def test_failed_attempts_from_the_same_address_do_not_keep_a_signed_in_person_from_changing_the_password(
    app: Flask, alice: FlaskClient
) -> None:
    attempts(app, "alice", 12, client="127.0.0.1")
    attempts(app, "nobody", 12, client="127.0.0.1")
    fields = {"current": PASSWORD, "new": "five other words for later", "again": "five other words for later"}
    assert submit(alice, "/account", **fields).status_code == 303


def test_guesses_in_one_session_take_none_from_another(app: Flask, alice: FlaskClient) -> None:
    other = sign_in(app.test_client(), "alice")
    fields = {"current": "not the password", "new": "five other words", "again": "five other words"}
    for _ in range(11):
        submit(alice, "/account", **fields)
    assert submit(other, "/account", **fields).status_code == 422


def test_the_page_says_how_long_to_wait(client: FlaskClient, cast: Cast) -> None:
    for _ in range(11):
        response = submit(client, "/sign-in", email=email("alice"), password="not the password")
    assert response.status_code == 429
    assert 13 * 60 < int(response.headers["Retry-After"]) <= 15 * 60
    assert "Please wait 15 minutes" in response.text or "Please wait 14 minutes" in response.text


def test_a_client_cannot_choose_its_address_when_there_is_no_proxy(client: FlaskClient, cast: Cast) -> None:
    fields = {"email": email("alice"), "password": "not the password"}
    for number in range(11):
        client.environ_base["HTTP_X_FORWARDED_FOR"] = f"192.0.2.{number}"
        response = submit(client, "/sign-in", **fields)
    assert response.status_code == 429


def test_old_counts_are_swept_up_when_somebody_signs_in(app: Flask, cast: Cast, later: Later) -> None:
    for number in range(5):
        attempt(app, f"name{number}")
    later(minutes=16)
    assert attempt(app, "alice", PASSWORD) == "in"
    with app.app_context():
        assert db.read(select(func.sum(failed_attempt.c.attempts))).scalar_one() == 0
