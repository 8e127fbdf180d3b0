"""Settings come from the environment; what cannot be used is refused in one sentence."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import config
from config import ConfigError, from_environment

GOOD_KEY = "correct horse battery staple 0123"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:notes/database-app-AbCdEf"

PROVIDER = {"OIDC_CLIENT_ID": "notes", "OIDC_CLIENT_SECRET": "s", "PUBLIC_URL": "https://notes.example"}


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"APP_ENV": "production"}, "SECRET_KEY must be set"),
        ({"APP_ENV": "production", "SECRET_KEY": "short"}, "at least 32 characters"),
        ({"APP_ENV": "production", "SECRET_KEY": "a" * 64}, "made at random"),
        ({"SECRET_KEY": "super-secret-key"}, "made at random"),
        ({"APP_ENV": "staging"}, "APP_ENV must be one of"),
        ({"SIGN_UP": "maybe"}, "SIGN_UP must be one of"),
        ({"FILES_STORE": "s3"}, "FILES_STORE=s3 needs FILES_BUCKET"),
        ({"FILES_BUCKET": "Not A Bucket"}, "FILES_STORE=s3 needs FILES_BUCKET"),
        (
            {"FILES_STORE": "folder", "DATABASE_URL": "mysql+pymysql://app@db/notes"},
            "needs FILES_FOLDER, which all servers",
        ),
        ({"FILES_FOLDER": "/nowhere/at/all/files"}, "no folder in which it could be made"),
        ({"FILES_PREFIX": "files"}, "ends with a slash"),
        ({"PROXY_HOPS": "-1"}, "PROXY_HOPS must be a whole number"),
        ({"PROXY_HOPS": "²"}, "PROXY_HOPS must be a whole number"),
        ({"DATABASE_URL": "postgresql://db/notes"}, "must begin with sqlite"),
        ({"DATABASE_URL": "sqlite://"}, "must name a file"),
        ({"DATABASE_URL": "nonsense"}, "is not a database address"),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes", "DATABASE_CA": "/nowhere.pem"}, "names no file"),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes", "DATABASE_POOL_SIZE": "0"}, "from 1 to 100"),
        ({"DATABASE_URL": "mysql+pymysql://db/notes"}, "names no user"),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes", "DATABASE_SECRET": SECRET}, "holds user and password"),
        (
            {"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_PASSWORD": "p", "DATABASE_SECRET": SECRET},
            "holds user and password",
        ),
        ({"DATABASE_SECRET": SECRET}, "DATABASE_SECRET is for MySQL"),
        ({"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_SECRET": "/nowhere"}, "is neither the ARN"),
        ({"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_SECRET": SECRET + ":password::"}, "is neither the ARN"),
        ({"DATABASE_APP_SECRET": "arn:aws:s3:::secrets"}, "DATABASE_APP_SECRET is neither the ARN"),
        ({"BACKUP_FOLDER": "/no/where/backups"}, "BACKUP_FOLDER is /no/where/backups, and there is no folder"),
        ({"BACKUP_FOLDER": "backups", "BACKUP_KEEP": "0"}, "BACKUP_KEEP must be a whole number from 1 to 1000"),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes", "BACKUP_FOLDER": "backups"}, "BACKUP_FOLDER is for SQLite"),
        ({"MAIL_URL": "http://mail.example"}, "MAIL_URL must be"),
        ({"MAIL_URL": "folder:"}, "MAIL_URL must be"),
        ({"MAIL_URL": "smtps://mail.example"}, "MAIL_URL needs MAIL_FROM"),
        ({"MAIL_URL": "folder:/tmp", "PUBLIC_URL": "notes.example"}, "PUBLIC_URL is an address"),
        ({"MAIL_CA": "/nowhere.pem"}, "MAIL_CA names no file"),
        ({"MAIL_URL": "smtp://mail.example:smtp"}, "MAIL_URL is no address"),
        ({"PUBLIC_URL": "https://notes.example:443443"}, "PUBLIC_URL is no address"),
        ({"PUBLIC_URL": "https://[::1"}, "PUBLIC_URL is no address"),
        ({"OIDC_ISSUER": "https://[::1", **PROVIDER}, "OIDC_ISSUER is no address"),
    ],
)
def test_a_bad_setting_is_refused_in_one_sentence(environ: dict[str, str], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence) as refusal:
        from_environment({"SECRET_KEY": GOOD_KEY} | environ if "APP_ENV" not in environ else environ)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("address", ["mysql+pymysql:/root:hunter2@db", "mysql+pymysql://root:h@r:hunter2@db/notes"])
def test_a_database_password_is_never_repeated_in_an_error(address: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        from_environment({"SECRET_KEY": GOOD_KEY, "DATABASE_URL": address})
    assert "hunter2" not in str(refusal.value)


def test_a_mail_servers_password_is_not_repeated_in_an_error() -> None:
    with pytest.raises(ConfigError, match="MAIL_URL is no address") as refusal:
        from_environment({"SECRET_KEY": GOOD_KEY, "MAIL_URL": "smtps://mailer:hunter2/@x@mail.example"})
    assert "hunter2" not in str(refusal.value)


def test_a_secret_in_place_of_its_address_is_not_repeated_in_the_error() -> None:
    with pytest.raises(ConfigError, match="is neither the ARN") as refusal:
        from_environment({"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_SECRET": '{"password": "hunter2"}'})
    assert "hunter2" not in str(refusal.value)


def test_the_secret_that_rds_keeps_for_the_administrator_is_one_too() -> None:
    kept = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-3f0c-AbCdEf"
    settings = from_environment({"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_SECRET": kept})
    assert settings["DATABASE_SECRET"] == kept


def test_where_there_is_no_https_browsers_still_keep_the_cookie() -> None:
    settings = from_environment({"APP_ENV": "production", "SECRET_KEY": GOOD_KEY, "PLAIN_HTTP": "1"})
    assert settings["SESSION_COOKIE_SECURE"] is False
    assert settings["SESSION_COOKIE_NAME"] == "session"


def test_production_closes_sign_up_and_marks_its_cookie_as_host_only() -> None:
    settings = from_environment({"APP_ENV": "production", "SECRET_KEY": GOOD_KEY})
    assert settings["SIGN_UP"] == "closed"
    assert settings["SESSION_COOKIE_NAME"] == "__Host-session"
    assert settings["SESSION_COOKIE_SECURE"]


def test_a_development_key_is_made_once_and_readable_by_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    first, second = from_environment({})["SECRET_KEY"], from_environment({})["SECRET_KEY"]
    assert first == second
    assert len(first) == 64
    assert (tmp_path / "instance/secret_key").stat().st_mode & 0o077 == 0


def test_the_password_may_come_apart_from_the_address() -> None:
    environ = {
        "SECRET_KEY": GOOD_KEY,
        "DATABASE_URL": "mysql+pymysql://app@db/notes",
        "DATABASE_PASSWORD": "p@ss/word",
    }
    assert from_environment(environ)["SQLALCHEMY_DATABASE_URI"].password == "p@ss/word"


def test_a_ca_bundle_makes_tls_verify_the_chain_and_the_host_name(tmp_path: Path) -> None:
    import ssl

    bundle = tmp_path / "ca.pem"
    bundle.write_text("".join(Path(file).read_text() for file in [ssl.get_default_verify_paths().cafile] if file))
    settings = from_environment(
        {"SECRET_KEY": GOOD_KEY, "DATABASE_URL": "mysql+pymysql://app@db/notes", "DATABASE_CA": str(bundle)}
    )
    context = settings["SQLALCHEMY_ENGINE_OPTIONS"]["connect_args"]["ssl"]
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_the_process_ends_with_the_sentence_and_no_traceback() -> None:
    started = subprocess.run(
        [sys.executable, "-c", "import crudapp"],
        env={"APP_ENV": "production"},
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode == 1
    assert started.stderr == "crudapp: SECRET_KEY must be set when APP_ENV is production.\n"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"WEB_THREADS": "x"}, "WEB_THREADS must be a whole number from 1 to 256, not 'x'."),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY must be a whole number from 1 to 64, not '0'."),
        ({"PORT": "70000"}, "PORT must be a whole number from 1 to 65535, not '70000'."),
        ({"BIND": "localhost"}, "BIND must be an address of this machine, such as 127.0.0.1 or 0.0.0.0."),
        (
            {"DATABASE_URL": "mysql+pymysql://app@db/notes", "WEB_CONCURRENCY": "8", "RUN_JOBS": "1"},
            (
                "WEB_CONCURRENCY must be at most 2: each process needs two of the 4 connections that DATABASE_POOL_SIZE"
                " leaves beside the jobs."
            ),
        ),
        ({"DATABASE_POOL_SIZE": "many"}, "DATABASE_POOL_SIZE must be a whole number from 1 to 100, not 'many'."),
    ],
)
def test_a_bad_setting_of_the_server_ends_it_with_one_sentence(environ: dict[str, str], sentence: str) -> None:
    started = start_server(environ)
    assert (started.returncode, started.stdout, started.stderr) == (1, "", f"crudapp: {sentence}\n")


def start_server(environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gunicorn", "crudapp:app"],
        env={"APP_ENV": "testing", **environ},
        cwd=config.ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, ("folder", 1024)),
        ({"FILES_STORE": "none"}, ("none", 0)),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes"}, ("none", 0)),
        ({"DATABASE_URL": "mysql+pymysql://app@db/notes", "FILES_FOLDER": "/srv/files"}, ("folder", 1024)),
        ({"FILES_BUCKET": "notes-files", "ACCOUNT_MEGABYTES": "10"}, ("s3", 10)),
    ],
)
def test_files_are_kept_where_there_is_a_place_that_all_servers_share(
    environ: dict[str, str], wanted: tuple[str, int]
) -> None:
    found = from_environment({"SECRET_KEY": "0123456789abcdef" * 4} | environ)
    assert (found["FILES_STORE"], found["ACCOUNT_MEGABYTES"]) == wanted


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 8])
def test_a_number_of_workers_that_the_settings_do_not_know_is_refused(number: int) -> None:
    started = start_server({"GUNICORN_CMD_ARGS": f"--workers {number}"})
    assert (started.returncode, started.stderr) == (1, "crudapp: Set WEB_CONCURRENCY, not gunicorn's --workers.\n")


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, ("127.0.0.1:5000", 2, 1)),
        ({"BIND": "::", "PORT": "80", "WEB_CONCURRENCY": "3", "WEB_THREADS": "4"}, ("[::]:80", 3, 4)),
        ({"ENTRIES_STORE": "dynamodb"}, ("127.0.0.1:5000", 2, 8)),
        ({"FILES_BUCKET": "files-of-notes"}, ("127.0.0.1:5000", 2, 8)),
        ({"DATABASE_URL": "mysql+pymysql://db/notes"}, ("127.0.0.1:5000", 2, 64)),
        # Each worker needs a connection for transactions and one for reads.
        ({"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_POOL_SIZE": "3"}, ("127.0.0.1:5000", 1, 64)),
    ],
)
def test_the_server_takes_what_suits_the_store(environ: dict[str, str], wanted: tuple[str, int, int]) -> None:
    settings = config.server_settings(environ)
    assert (settings.bind, settings.workers, settings.threads) == wanted


@pytest.mark.parametrize(("size", "connections"), [("5", 4), ("1", 1)])
def test_the_jobs_have_one_of_the_connections_of_an_instance(size: str, connections: int) -> None:
    environ = {"DATABASE_URL": "mysql+pymysql://db/notes", "DATABASE_POOL_SIZE": size, "RUN_JOBS": "1"}
    assert config.server_settings(environ).connections == connections


def test_config_is_the_only_place_that_reads_the_environment() -> None:
    read = {
        str(path.relative_to(config.ROOT)): found
        for path in [*config.ROOT.glob("app/**/*.py"), config.ROOT / "crudapp.py", config.ROOT / "gunicorn.conf.py"]
        if (found := re.findall(r"os\.(?:environ\b|getenv).*", path.read_text()))
    }
    assert read == {
        "app/__init__.py": ["os.environ))"],
        # Between gunicorn's first process and its workers, and of the metrics' library; nothing for operators.
        "app/ops/metrics.py": ['os.environ.get("PROMETHEUS_MULTIPROC_DIR")'],
        # For `flask config`, which asks config.py about the server as well.
        "app/ops/commands.py": ["os.environ)", "os.environ):"],
        "gunicorn.conf.py": [
            "os.environ)",
            'os.environ["PROMETHEUS_MULTIPROC_DIR"] = counts',
            'os.environ["DATABASE_POOL_SIZE"] = str(max(1, share))',
        ],
    }


def test_the_page_of_settings_has_every_setting_and_no_other() -> None:
    source = (config.ROOT / "config.py").read_text()
    read = set(re.findall(r"""environ(?:\.get\(|, )["']([A-Z_]+)["']""", source)) - {
        "FLASK_RUN_FROM_CLI"
    }  # set by Flask itself
    section = (config.ROOT / "docs/settings.md").read_text()
    listed = {
        name for row in re.findall(r"^\| (`[^|]*)\|", section, re.MULTILINE) for name in re.findall("`(.*?)`", row)
    }
    assert listed == read
