"""What two do at once with one credential happens once, and no limit is passed by asking often enough at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import func, select

from app import db
from app.accounts import passwords, service, sessions, tokens
from app.accounts.models import account_session, api_token
from app.errors import AppError, Conflict, Invalid, Unavailable
from devtools.people import PASSWORD, Cast, email

NEW = "five other words for number"


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many threads look at a password before any of them goes on, once each: `together(4)`."""

    def wait_for_each_other(number: int) -> None:
        passed: list[int] = []
        matches, barrier = passwords.matches, Barrier(number)

        def matches_together(password: str, kept: str | None) -> bool:
            matched = matches(password, kept)
            if len(passed) < number:
                passed.append(1)
                barrier.wait(20)
            return matched

        monkeypatch.setattr(passwords, "matches", matches_together)

    return wait_for_each_other


def test_of_changes_with_one_current_password_at_once_one_is_made(
    app: Flask, cast: Cast, together: Callable[[int], None]
) -> None:
    person = cast["alice"]
    with app.app_context():
        open_sessions = [sessions.start(person.id, "") for _ in range(4)]
    together(4)

    def change(number: int) -> str:
        with app.app_context():
            try:
                service.change_password(
                    person, PASSWORD, f"{NEW} {number}", token=open_sessions[number], revoke_tokens=False
                )
            except Invalid:
                return "wrong"
            return f"{NEW} {number}"

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(change, range(4)))
    [changed] = [outcome for outcome in outcomes if outcome != "wrong"]
    with app.app_context():
        assert service.sign_in(email("alice"), changed, client="", user_agent="").account == person


def test_who_signs_in_while_the_hash_is_renewed_gets_in(
    app: Flask, cast: Cast, together: Callable[[int], None]
) -> None:
    passwords._hasher.set(app, PasswordHasher(memory_cost=16, time_cost=1, parallelism=1))
    together(2)

    def sign_in(_number: int) -> bool:
        with app.app_context():
            return bool(service.sign_in(email("alice"), PASSWORD, client="", user_agent="").token)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(sign_in, range(2))) == [True, True]


def test_a_password_that_changes_all_the_time_is_not_reported_as_wrong(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    matches = passwords.matches

    def renewed(password: str, kept: str | None) -> bool:
        matched = matches(password, kept)
        with db.transaction():
            service._keep(cast["alice"].id, passwords.hash_password(PASSWORD))
        return matched

    monkeypatch.setattr(passwords, "matches", renewed)
    with app.app_context(), pytest.raises(Conflict):
        service.sign_in(email("alice"), PASSWORD, client="", user_agent="")


def race(app: Flask, act: Callable[[int], object], number: int) -> Counter[str]:
    """Do something `number` times in eight threads; return how often it was done and how often refused.

    Whoever waits for a lock longer than a second, on a busy machine, tries again.
    """

    def once(index: int) -> str:
        with app.app_context():
            try:
                act(index)
            except Unavailable:
                return once(index)
            except AppError:
                return "refused"
            return "done"

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(once, range(number)))


def test_tokens_made_at_once_are_a_hundred_at_most(app: Flask, cast: Cast) -> None:
    owner = cast["alice"].id
    with app.app_context():
        for number in range(96):
            tokens.create(owner, f"{number}", "read")
    assert race(app, lambda number: tokens.create(owner, f"at once {number}", "read"), 16) == {"done": 4, "refused": 12}
    with app.app_context():
        assert db.read(select(func.count()).select_from(api_token)).scalar_one() == 100


def test_sessions_begun_at_once_are_a_hundred_at_most_and_the_longest_unused_ends(
    app: Flask, cast: Cast, later: Callable[..., None]
) -> None:
    owner = cast["alice"].id
    with app.app_context():
        unused = sessions.start(owner, "")
        later(seconds=1)
        used = [sessions.start(owner, "") for _ in range(96)]
    assert race(app, lambda _: sessions.start(owner, ""), 16) == {"done": 16}
    with app.app_context():
        assert db.read(select(func.count()).select_from(account_session)).scalar_one() == 100
        assert sessions.find(unused) is None
        assert sessions.find(used[-1]) is not None
