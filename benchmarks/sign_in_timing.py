"""Does the processor time of an answer tell whether an address has an account? Prints an AUC for each form.

The AUC is the chance that an answer about a known address took longer than one about an unknown address: 0.5 tells
nothing, 1 tells all; the promise is at most 0.60, and at least 0.40. Both are asked in turn, from ever new places, and
the statistic compares ranks, so that a busy machine disturbs both alike. Not a test: one run in some is off by chance.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from app.accounts import passwords, service
from config import from_environment
from devtools.databases import migrate

ROUNDS = 150
FORMS = {"/sign-in": {"password": "not the password"}, "/sign-up": {}, "/recover": {}}


def auc(longer: list[float], shorter: list[float]) -> float:
    """Return how often one of the first takes longer than one of the second; a tie counts half."""
    pairs = [(a > b) + (a == b) / 2 for a in longer for b in shorter]
    return sum(pairs) / len(pairs)


def ask(client: FlaskClient, form: str, email: str, place: int) -> float:
    """Return the seconds of processor time of one answer."""
    before = time.thread_time()
    client.post(
        form,
        data={"email": email, **FORMS[form]},
        environ_overrides={"REMOTE_ADDR": f"10.{place >> 16 & 255}.{place >> 8 & 255}.{place & 255}"},
    )
    return time.thread_time() - before


def measure(app: Flask, form: str, first_place: int) -> float:
    times: dict[str, list[float]] = {"known": [], "unknown": []}
    client = app.test_client()
    for number in range(ROUNDS):
        kinds = ("known", "unknown") if number % 2 else ("unknown", "known")
        for index, kind in enumerate(kinds):
            place = first_place + 2 * number + index
            times[kind].append(ask(client, form, f"{kind}{number:04}@example.org", place))
    return auc(times["known"], times["unknown"])


def build(folder: str) -> Flask:
    """Return an app with so many accounts, as they are in production, but for the tokens of forms."""
    address = f"sqlite:///{Path(folder) / 'notes.db'}"
    migrate(address)
    environ = {
        "APP_ENV": "testing",
        "DATABASE_URL": address,
        "MAIL_URL": f"folder:{folder}",
        "SECRET_KEY": "0123456789abcdef" * 4,
    }
    app = create_app(from_environment(environ))
    app.config["WTF_CSRF_ENABLED"] = False
    app.logger.disabled = True
    with app.app_context():
        password_hash = passwords.hash_password("four plain words here")
        for number in range(ROUNDS):
            service.insert_account(f"known{number:04}@example.org", password_hash)
    return app


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        app = build(folder)
        found = {form: measure(app, form, 10_000 * index) for index, form in enumerate(FORMS)}
    for form, value in found.items():
        print(f"{form:10} AUC {value:.2f}")
    sys.exit(any(not 0.40 <= value <= 0.60 for value in found.values()))


if __name__ == "__main__":
    main()
