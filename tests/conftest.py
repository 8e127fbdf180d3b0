"""What all tests share: the application on every database, browsers, and the people in people.py."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import compiled_once
import owner_first
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings as hypothesis_settings
from missing_programs import pytest_runtest_call, pytest_runtest_setup  # noqa: F401 - hooks
from on_databases import EVERY_DATABASE
from playwright.sync_api import Browser

from app import clock, create_app
from app.accounts.sessions import Account
from app.db.metadata import sqlalchemy
from devtools import browsers, people
from devtools.databases import ENGINES, delete_rows, migrate, migrated_server, settings

# No wall clock decides: other programs may be busy beside the tests.
hypothesis_settings.register_profile("without_deadline", deadline=None)
hypothesis_settings.load_profile("without_deadline")

MEMORY = Path("/dev/shm")
BYTES_FOR_DATABASES = 2 * 1024**3  # a few times what the largest of them take in all workers


# An app is ten thousand objects that refer to each other: the collector's own pace looks for garbage all the time.
gc.set_threshold(5_000, 20, 50)


def pytest_collection_finish() -> None:
    """Keep the collector of garbage from looking at all modules and tests again and again: they stay to the end."""
    gc.freeze()


@pytest.fixture(autouse=True)
def nameless() -> Iterator[list[str]]:
    """The app's statements that name no owner; there must be none."""
    with owner_first.listening() as found:
        yield found
    assert found == [], "name the owner, or say in tests/owner_first.py why not"


@pytest.fixture(scope="session", autouse=True)
def apps_compile_once() -> Iterator[None]:
    with compiled_once.routes(), compiled_once.statements():
        yield


@pytest.fixture(scope="session")
def templates_compiled_once() -> compiled_once.Templates:
    return compiled_once.Templates()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "notes.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def peopled_file(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the accounts of `cast`, which most tests want."""
    path = Path(shutil.copy(migrated_file, tmp_path_factory.mktemp("peopled")))
    app = create_app(settings(f"sqlite:///{path}"))
    people.create_accounts(app)
    with app.app_context():
        sqlalchemy.engine.dispose()
    return path


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Return the address of a server, `server_url("mysql")`, with the app's user: one for each process of pytest."""
    with ExitStack() as stack:

        @cache
        def start(name: str) -> str:
            return stack.enter_context(migrated_server(ENGINES[name], tmp_path_factory.mktemp("users")))

        yield start


@pytest.fixture(scope="session")
def quick_folder() -> Iterator[Path]:
    """A folder in memory where there is room: SQLite waits for the disk at every commit, often longer than it works."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > BYTES_FOR_DATABASES
    with TemporaryDirectory(prefix="notes-", dir=MEMORY if has_room else None, ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture
def sqlite_file(request: pytest.FixtureRequest, quick_folder: Path) -> Iterator[Path]:
    """A migrated database in a folder of its own, empty but for the accounts of `cast` where a test asks for them."""
    template = request.getfixturevalue("peopled_file" if "cast" in request.fixturenames else "migrated_file")
    with TemporaryDirectory(dir=quick_folder, ignore_cleanup_errors=True) as name:
        yield Path(shutil.copy(template, f"{name}/notes.db"))


@pytest.fixture(params=EVERY_DATABASE)
def database_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty, migrated database; every test that asks for it runs on each kind of database."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"
    address: str = request.getfixturevalue("server_url")(request.param)
    delete_rows(address)
    return address


@pytest.fixture
def make_app(
    request: pytest.FixtureRequest, database_url: str, templates_compiled_once: compiled_once.Templates
) -> Iterator[Callable[..., Flask]]:
    """Make applications on this test's database: `make_app(SIGN_UP="closed")`."""
    made: list[Flask] = []
    files: dict[str, str] = {}  # on SQLite they are beside the database
    if not database_url.startswith("sqlite"):
        files["FILES_FOLDER"] = str(request.getfixturevalue("tmp_path") / "files")

    def make(**environ: str) -> Flask:
        made.append(create_app(settings(database_url, **files | environ)))
        made[-1].jinja_env.bytecode_cache = templates_compiled_once
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            sqlalchemy.engine.dispose()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def cast(app: Flask) -> dict[str, Account]:
    """Alice, Bob and Charlie, who have accounts: `cast["alice"].id`. `forms.sign_in(client, "alice")` signs in."""
    return people.find_accounts(app) or people.create_accounts(app)


@pytest.fixture
def alice(app: Flask, cast: dict[str, Account]) -> FlaskClient:
    """A browser in which Alice is signed in, without the two requests and the hashing that this takes her."""
    return people.browser_of(app, cast["alice"])


@pytest.fixture
def bob(app: Flask, cast: dict[str, Account]) -> FlaskClient:
    """A browser in which Bob is signed in."""
    return people.browser_of(app, cast["bob"])


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let time pass for the application: `later(minutes=16)`."""
    real, passed = clock.now_us, timedelta()

    def let_pass(**time: float) -> None:
        nonlocal passed
        passed += timedelta(**time)
        monkeypatch.setattr(clock, "now_us", lambda: real() + passed // timedelta(microseconds=1))

    return let_pass


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    """An application context, for tests below HTTP."""
    with app.app_context():
        yield app


@pytest.fixture
def owner(context: Flask, cast: dict[str, Account]) -> int:
    """Alice's id, in an application context."""
    return cast["alice"].id


@pytest.fixture
def stranger(context: Flask, cast: dict[str, Account]) -> int:
    return cast["charlie"].id


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's browser; one for each process of pytest, because Playwright cannot be started twice in one."""
    with browsers.browser() as opened:
        yield opened
