"""Where BACKUP_FOLDER says so, the jobs back the embedded database up once a day and keep the newest."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from on_databases import on_sqlite

from app.db import backup
from app.jobs import worker

pytestmark = on_sqlite


def do_jobs(app: Flask) -> None:
    with app.app_context():
        worker.schedule()
        worker.run_all()


def test_there_is_one_a_day_and_the_newest_are_kept(
    make_app: Callable[..., Flask], later: Callable[..., None], tmp_path: Path
) -> None:
    app = make_app(BACKUP_FOLDER=str(tmp_path / "backups"), BACKUP_KEEP="2")
    do_jobs(app)
    do_jobs(app)
    (first,) = backup.find_all(tmp_path / "backups")
    for _ in range(2):
        later(hours=25)
        do_jobs(app)
    kept = backup.find_all(tmp_path / "backups")
    assert (len(kept), first in kept) == (2, False)


def test_without_a_folder_there_is_none(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    do_jobs(make_app())
    assert not list(tmp_path.rglob("manifest.json"))
