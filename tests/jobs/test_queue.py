"""Jobs: kept with what they belong to, done once by whoever comes first, tried again with growing pauses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app import clock, db, jobs
from app.accounts.models import account
from app.errors import NotFound, Unavailable
from app.jobs import queue, worker
from app.jobs.queue import Job

Later = Callable[..., None]


@pytest.fixture
def done(app: Flask, context: Flask) -> list[Job]:
    """The jobs of the kind "note down" that were done."""
    queue.kinds.get().clear()
    noted: list[Job] = []
    jobs.register(app, "note down", noted.append)
    return noted


@pytest.fixture
def failures(app: Flask, done: list[Job]) -> list[Job]:
    """The jobs of the kind "break" that were tried."""
    tried: list[Job] = []

    def break_(job: Job) -> None:
        tried.append(job)
        raise RuntimeError("no luck")

    jobs.register(app, "break", break_)
    return tried


def test_a_job_is_done_once_with_what_it_was_given(done: list[Job]) -> None:
    jobs.add("note down", "a", {"text": "Grüße"})
    assert worker.run_all() == 1
    assert worker.run_all() == 0
    assert [(job.key, job.content, job.attempts) for job in done] == [("a", {"text": "Grüße"}, 1)]


def test_asked_for_twice_under_one_key_it_is_done_once(done: list[Job]) -> None:
    for content in ({"text": "first"}, {"text": "second"}):
        jobs.add("note down", "a", content)
    worker.run_all()
    assert [job.content for job in done] == [{"text": "first"}]


def test_a_job_is_only_there_if_what_it_belongs_to_is_kept(done: list[Job]) -> None:
    @db.in_transaction
    def add_and_fail() -> None:
        jobs.add("note down", "a")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        add_and_fail()
    assert worker.run_all() == 0


def test_a_job_is_not_done_before_its_time(done: list[Job], later: Later) -> None:
    jobs.add("note down", "a", run_at=clock.now_us() + clock.HOUR)
    assert worker.run_all() == 0
    later(hours=1)
    assert worker.run_all() == 1


def test_the_job_that_is_due_for_the_longest_time_comes_first(done: list[Job], later: Later) -> None:
    now = clock.now_us()
    for key, hours in [("second", 2), ("first", 1), ("third", 3)]:
        jobs.add("note down", key, run_at=now + hours * clock.HOUR)
    later(hours=3)
    worker.run_all()
    assert [job.key for job in done] == ["first", "second", "third"]


def test_two_processes_never_hold_one_job(make_app: Callable[..., Flask], done: list[Job]) -> None:
    apps = [make_app(), make_app()]
    for number in range(40):
        jobs.add("note down", f"{number}")

    def take_all(index: int) -> list[str]:
        taken = []
        with apps[index % 2].app_context():
            while job := queue.claim():
                taken.append(job.key)
        return taken

    with ThreadPoolExecutor(8) as pool:
        counts = Counter(key for taken in pool.map(take_all, range(8)) for key in taken)
    assert counts == {f"{number}": 1 for number in range(40)}


def test_what_a_dead_process_held_is_taken_after_a_quarter_of_an_hour(done: list[Job], later: Later) -> None:
    jobs.add("note down", "a")
    assert queue.claim()
    later(minutes=14)
    assert worker.run_all() == 0
    later(minutes=1)
    assert worker.run_all() == 1
    assert done[0].attempts == 2


def test_who_was_too_slow_does_not_finish_what_another_has_begun(done: list[Job], later: Later) -> None:
    jobs.add("note down", "a")
    slow = queue.claim()
    assert slow
    later(minutes=15)
    assert queue.claim()
    queue.finish(slow)
    queue.fail(slow, "too late")
    [job] = queue.list_jobs()
    assert (job.attempts, job.error) == (2, None)


def test_what_fails_is_tried_again_with_growing_pauses_and_is_dead_after_twelve_times(
    failures: list[Job], later: Later
) -> None:
    jobs.add("break", "a")
    pauses = []
    for _ in range(queue.ATTEMPTS):
        assert worker.run_all() == 1
        [job] = queue.list_jobs()
        pauses.append((job.run_at - clock.now_us()) / clock.MINUTE)
        later(minutes=round(pauses[-1]) + 1)
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]
    later(days=30)
    assert worker.run_all() == 0
    assert (job.is_dead, job.error) == (True, "RuntimeError: no luck")
    assert queue.count()[:2] == (0, 1)


def test_one_job_that_fails_keeps_no_other_from_being_done(failures: list[Job], done: list[Job]) -> None:
    jobs.add("break", "a")
    jobs.add("note down", "a")
    assert worker.run_all() == 2
    assert len(done) == 1


def test_a_kind_that_a_process_does_not_know_waits_for_one_that_does(done: list[Job]) -> None:
    jobs.add("of a later release", "a")
    assert worker.run_all() == 1
    [job] = queue.list_jobs()
    assert job.error == "This version has no jobs of this kind."


def test_a_regular_job_is_done_at_once_and_then_every_time(app: Flask, done: list[Job], later: Later) -> None:
    jobs.register(app, "clean", done.append, every=clock.DAY)
    assert worker.run_all() == 1
    later(hours=23)
    assert worker.run_all() == 0
    later(hours=1, seconds=1)
    assert worker.run_all() == 1
    assert len(queue.list_jobs()) == 1


def test_a_regular_job_is_tried_again_however_often_it_fails(app: Flask, failures: list[Job], later: Later) -> None:
    def clean(job: Job) -> None:
        failures.append(job)
        raise RuntimeError

    jobs.register(app, "clean", clean, every=clock.DAY)
    for _ in range(2 * queue.ATTEMPTS):
        assert worker.run_all() == 1
        later(days=1, seconds=1)


def test_the_jobs_of_an_account_go_with_it(done: list[Job], owner: int) -> None:
    jobs.add("note down", "hers", owner_id=owner)
    jobs.add("note down", "the site's")
    with db.transaction() as connection:
        connection.execute(account.delete().where(account.c.id == owner))
    worker.run_all()
    assert [job.key for job in done] == ["the site's"]


def test_a_dead_job_is_listed_and_can_be_tried_again(app: Flask, failures: list[Job], later: Later) -> None:
    jobs.add("break", "a")
    for _ in range(queue.ATTEMPTS):
        worker.run_all()
        later(hours=7)
    [job] = queue.list_jobs()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["jobs", "list"]).output == (
        f"{job.id}: break, dead, 12 of 12 attempts, last error: RuntimeError: no luck\n"
    )
    assert runner.invoke(args=["jobs", "retry", str(job.id)]).exit_code == 0
    assert worker.run_all() == 1
    assert len(failures) == 13
    with pytest.raises(NotFound):
        queue.retry(job.id + 1)


def test_the_operator_sees_how_many_jobs_wait_how_late_they_are_and_how_many_are_dead(
    app: Flask, failures: list[Job], later: Later
) -> None:
    jobs.add("break", "a")
    for _ in range(queue.ATTEMPTS):
        worker.run_all()
        later(hours=7)
    jobs.add("note down", "a")
    later(minutes=2)
    figures = app.test_client().get("/metrics").text
    assert "jobs_waiting 1.0\n" in figures
    assert "jobs_dead 1.0\n" in figures
    assert "jobs_late_seconds 12" in figures


def test_figures_are_answered_while_the_database_is_not(
    app: Flask, context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> tuple[int, int, int]:
        raise Unavailable

    monkeypatch.setattr(queue, "count", fail)
    assert app.test_client().get("/metrics").status_code == 200
