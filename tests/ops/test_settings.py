"""`flask config` prints every setting in force, where it comes from, and no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app import create_app
from app.ops.settings import without_password
from config import ROOT, from_environment

CANARY = "c4n4ry-7f3a/@x"
KEY = "c4n4ry-7f3a-0123456789-abcdef-012345"
EVERYTHING = {
    "APP_ENV": "production",
    "SECRET_KEY": KEY,
    "SECRET_KEY_FALLBACKS": f"{KEY}-older {KEY}-oldest",
    "DATABASE_URL": f"mysql+pymysql://app:{CANARY}@db/notes?password={CANARY}",
    "DATABASE_PASSWORD": CANARY,
    "DATABASE_READER_URL": f"mysql+pymysql://app:{CANARY}@db-reader/notes",
    "MAIL_URL": f"smtps://mailer:{CANARY.replace('/', '%2F')}@mail.example",  # with its /, the start is refused
    "MAIL_PASSWORD": CANARY,
    "MAIL_FROM": "notes@example.org",
    "PUBLIC_URL": "https://notes.example",
    "OIDC_ISSUER": "https://accounts.example",
    "OIDC_CLIENT_ID": "notes",
    "OIDC_CLIENT_SECRET": CANARY,
    "OLD_DATABASE_PASSWORD": CANARY,
}


def print_config(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return what the command prints, by setting."""
    for name in documented():
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    result = create_app(from_environment(environ)).test_cli_runner().invoke(args=["config"])
    assert result.exit_code == 0, result.output
    return dict(line.split(": ", 1) for line in result.output.splitlines())


def documented() -> list[str]:
    rows = re.findall(r"^\| (`[^|]*)\|", Path(ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    return [name for row in rows for name in re.findall("`(.*?)`", row)]


def test_every_setting_of_the_documents_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert sorted(print_config({"APP_ENV": "testing"}, monkeypatch)) == sorted(documented())


def test_no_secret_is_printed_whatever_stands_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    mentioned = {name for name in documented() if re.search("SECRET|PASSWORD|KEY", name)} - {
        *("DATABASE_SECRET", "DATABASE_APP_SECRET", "DATABASE_MIGRATE_SECRET")  # places of secrets
    }
    assert mentioned <= EVERYTHING.keys()
    printed = print_config(EVERYTHING, monkeypatch)
    assert [line for line in printed.items() if re.search("c4n4ry|7f3a|/@x", str(line))] == []
    assert printed["MAIL_URL"] == "smtps://mailer:***@mail.example (environment)"
    assert printed["DATABASE_URL"] == "mysql+pymysql://app:***@db/notes (environment)"
    assert printed["DATABASE_READER_URL"] == "mysql+pymysql://app:***@db-reader/notes (environment)"


def test_each_says_where_it_comes_from_and_what_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = print_config(
        {"APP_ENV": "testing", "PORT": "8000", "WEB_THREADS": "", "TRUSTED_HOSTS": "a, b"}, monkeypatch
    )
    assert printed["PORT"] == "8000 (environment)"
    assert printed["WEB_THREADS"] == "1 (default)"
    assert printed["TRUSTED_HOSTS"] == "a,b (environment)"
    assert printed["SIGN_UP"] == "open (default)"
    assert printed["DATABASE_PASSWORD"] == "none (default)"


def test_a_setting_of_the_server_that_cannot_be_used_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEB_THREADS", "x")
    result = create_app(from_environment({"APP_ENV": "testing"})).test_cli_runner().invoke(args=["config"])
    assert result.exit_code == 1
    assert result.output == "Error: WEB_THREADS must be a whole number from 1 to 256, not 'x'.\n"


@pytest.mark.parametrize(
    ("address", "wanted"),
    [
        ("smtp://host", "smtp://host"),
        ("smtp://person@host", "smtp://person@host"),
        ("smtp://person:a@b/c:d@host:25", "smtp://person:***@host:25"),
        ("folder:/var/mail", "folder:/var/mail"),
    ],
)
def test_an_address_is_printed_without_its_password(address: str, wanted: str) -> None:
    assert without_password(address) == wanted
