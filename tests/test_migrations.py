"""The schema goes up, down and up again, has one head, agrees with the models, and survives two upgrades at once.

An upgrade that dies is run again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from on_databases import on_servers
from sqlalchemy import inspect

from app import db
from app.db.health import WANTED
from app.db.metadata import sqlalchemy
from app.notes import indexing, service
from app.notes.drafts import Draft

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted((ROOT / "migrations/versions").glob("*.py"))


@pytest.fixture
def database_url(database_url: str) -> str:
    """The address with the user whom the release step is."""
    return database_url.replace("app:app@", "migrate:migrate@")


def _flask(database_url: str, *arguments: str) -> subprocess.Popen[str]:
    return _python(database_url, "-m", "flask", "--app", "crudapp", *arguments)


def _python(database_url: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url, "SECRET_KEY": "0123456789abcdef" * 3},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_there_is_one_head_and_the_files_are_numbered() -> None:
    config = Config(ROOT / "migrations/alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == 1
    numbers = sorted(revision.revision for revision in script.walk_revisions())
    assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_down_to_nothing_and_up_again_leaves_the_same_schema(app: Flask) -> None:
    with app.app_context():
        before = _schema()
        downgrade(revision="base")
        assert set(inspect(sqlalchemy.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        assert _schema() == before


def _before(name: str) -> str:
    """Return the revision before the migration of this name."""
    [file] = (ROOT / "migrations/versions").glob(f"*_{name}.py")
    [revision] = re.findall(r'^down_revision = "(.+)"$', file.read_text(), re.MULTILINE)
    return str(revision)


def _schema() -> dict[str, list[str]]:
    inspector = inspect(sqlalchemy.engine)
    return {table: [column["name"] for column in inspector.get_columns(table)] for table in inspector.get_table_names()}


def test_models_and_migrations_agree(app: Flask, database_url: str) -> None:
    check = _flask(database_url, "db", "check")
    printed, _ = check.communicate(timeout=60)
    assert check.returncode == 0, printed


@pytest.mark.slow
def test_two_upgrades_at_once_do_not_break_each_other(app: Flask, database_url: str) -> None:
    with app.app_context():
        downgrade(revision="base")
        sqlalchemy.engine.dispose()
    both = [_flask(database_url, "db", "upgrade") for _ in range(2)]
    printed = [upgrading.communicate(timeout=120)[0] for upgrading in both]
    assert [upgrading.returncode for upgrading in both] == [0, 0], printed
    with app.app_context():
        assert "note_search" in inspect(sqlalchemy.engine).get_table_names()


@pytest.mark.slow
def test_an_upgrade_of_a_database_with_notes_asks_for_a_new_search_index_until_it_is_there(
    app: Flask, owner: int, database_url: str
) -> None:
    service.create(owner, Draft("Old"), "old")
    downgrade(revision=_before("search_rebuild"))
    db.release()
    sqlalchemy.engine.dispose()
    upgrading = _flask(database_url, "db", "upgrade")
    assert indexing.PENDING in upgrading.communicate(timeout=60)[0]
    assert indexing.count_remaining() == 1
    ran = app.test_cli_runner().invoke(args=["notes", "reindex"])
    assert ran.exit_code == 0, ran.output
    again = _flask(database_url, "db", "upgrade")
    assert indexing.PENDING not in again.communicate(timeout=60)[0]


def test_a_new_database_needs_no_new_search_index(app: Flask) -> None:
    with app.app_context():
        downgrade(revision=_before("search_rebuild"))
        upgrade()
        assert not indexing.count_remaining()


@pytest.fixture
def newer_schema(app: Flask) -> Iterator[None]:
    """As the next release would leave it: with a table, and a column with a default, more."""
    newer = ("CREATE TABLE a_later_one (id INTEGER)", "ALTER TABLE note ADD COLUMN later INTEGER DEFAULT 1")
    older = ("DROP TABLE a_later_one", "ALTER TABLE note DROP COLUMN later")
    with app.app_context(), sqlalchemy.engine.connect() as connection:
        [(present,)] = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        for statement in (*newer, "UPDATE alembic_version SET version_num = '9001'"):
            connection.exec_driver_sql(statement)
        yield
        for statement in (*older, f"UPDATE alembic_version SET version_num = '{present}'"):
            connection.exec_driver_sql(statement)
    with app.app_context():
        sqlalchemy.engine.dispose()


@pytest.mark.slow
@pytest.mark.usefixtures("newer_schema")
def test_an_image_that_is_gone_back_to_leaves_a_newer_schema_alone_and_serves(app: Flask, database_url: str) -> None:
    before = _schema()
    upgrading = _flask(database_url, "db", "upgrade")
    printed, _ = upgrading.communicate(timeout=60)
    assert (upgrading.returncode, printed.splitlines()[-1]) == (
        0,
        f"The schema is 9001, of a later version; this one knows {WANTED} and works with it. Nothing was changed.",
    )
    assert _schema() == before
    assert app.test_client().get("/readyz").status_code == 200


@pytest.mark.slow
@pytest.mark.usefixtures("newer_schema")
@pytest.mark.parametrize("command", [("downgrade",), ("check",)])
def test_what_only_the_later_version_can_do_with_its_schema_is_refused(
    database_url: str, command: tuple[str, ...]
) -> None:
    refused = _flask(database_url, "db", *command)
    printed, _ = refused.communicate(timeout=60)
    assert (refused.returncode, "only the later one can change it" in printed, "Traceback" in printed) == (
        1,
        True,
        False,
    ), printed


# Runs a command of `flask db` that dies once after each statement of a migration, as soon as the database has carried
# it out, and begins again until it comes through; prints how often it died. Forks, because importing the application
# takes a second; a pipe tells the next try at which statement the last one died.
KILLED = """
import os, signal
import crudapp
from flask.cli import main
from sqlalchemy import Engine, event

@event.listens_for(Engine, "after_cursor_execute")
def kill(_connection, _cursor, statement, *_):
    changes = statement.split()[0] in {"CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE"}
    if changes and "alembic_version" not in statement and statement not in survived:
        os.write(writing, statement.encode())
        os.kill(os.getpid(), signal.SIGKILL)

survived = set()
reading, writing = os.pipe()
while child := os.fork():
    _, status = os.waitpid(child, 0)
    if not status:
        break
    assert os.WTERMSIG(status) == signal.SIGKILL, status
    survived.add(os.read(reading, 65536).decode())
else:
    main()
print(len(survived))
"""


def _killed(database_url: str, *arguments: str) -> int:
    """Run `flask db` with these arguments, killed after every statement; return how often it was."""
    running = _python(database_url, "-c", KILLED, "--app", "crudapp", "db", *arguments)
    printed, _ = running.communicate(timeout=300)
    assert running.returncode == 0, printed
    return int(printed.splitlines()[-1])


@on_servers  # on SQLite the whole upgrade is one transaction
def test_killed_in_every_migration_it_is_run_again_and_comes_through(app: Flask, database_url: str) -> None:
    with app.app_context():
        before = _schema()
        changing = [file for file in FILES if not _asks_for_the_index_alone(file)]
        assert _killed(database_url, "downgrade", "base") >= len(changing)
        assert _killed(database_url, "upgrade") >= len(changing)
        assert _schema() == before


@pytest.mark.slow
def test_a_table_of_somebody_else_is_not_taken_for_ours(app: Flask, database_url: str) -> None:
    with app.app_context():
        downgrade(revision="base")
        with sqlalchemy.engine.connect() as connection:
            connection.exec_driver_sql("CREATE TABLE note (id INTEGER, content TEXT)")
        sqlalchemy.engine.dispose()
    upgrading = _flask(database_url, "db", "upgrade")
    printed, _ = upgrading.communicate(timeout=60)
    assert (upgrading.returncode, "There is a table note already" in printed) == (1, True), printed
    with app.app_context():
        with sqlalchemy.engine.connect() as connection:
            connection.exec_driver_sql("DROP TABLE note")
        upgrade()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_migration_holds_one_statement_on_the_schema_or_asks_for_the_index_alone(file: Path) -> None:
    steps = ("steps.create_", "steps.add_", "op.create_", "op.add_", "op.alter_", "op.execute")
    found = sum(_upgrade_text(file).count(step) for step in steps)
    assert found == (0 if _asks_for_the_index_alone(file) else 1)


def _asks_for_the_index_alone(file: Path) -> bool:
    return _upgrade_text(file).strip().endswith("-> None:\n    steps.ask_for_reindex()")


def _upgrade_text(file: Path) -> str:
    return file.read_text().split("def upgrade")[1].split("def downgrade")[0]
