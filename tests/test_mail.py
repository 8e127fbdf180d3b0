"""Mails arrive: in a folder, or at a server whose certificate is verified; one sent twice is known as one."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from flask import Flask
from mails import SITE, mails, settings
from on_databases import on_sqlite
from sqlalchemy import select

from app import db, mail
from app.jobs import queue, worker
from app.jobs.models import job
from devtools.processes import free_port
from devtools.tls import create_certificate

pytestmark = on_sqlite


class Mailbox:
    """What an SMTP server has received."""

    def __init__(self) -> None:
        self.received: list[Envelope] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd calls it so
        self.received.append(envelope)
        return "250 OK"


@contextmanager
def server(mailbox: Mailbox, **options: Any) -> Iterator[int]:
    """Run an SMTP server; yield its port."""
    controller = Controller(mailbox, hostname="127.0.0.1", port=free_port(), **options)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    create_certificate(tmp_path, "localhost")
    return tmp_path / "fullchain.pem"


@pytest.fixture
def context(certificate: Path) -> ssl.SSLContext:
    made = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_cert_chain(certificate, certificate.with_name("privkey.pem"))
    return made


def send(app: Flask, to: str = "dora@example.org") -> list[str | None]:
    """Let a mail be sent, to Dora; return what went wrong with those that were not."""
    with app.app_context():
        kinds = queue.kinds.get()
        for name in [name for name, kind in kinds.items() if kind.every]:
            del kinds[name]  # it would stay in the list
        mail.send(to, "verify", link=mail.address("/confirm-address", token="a+b"))
        worker.run_all()
        return [waiting.error for waiting in queue.list_jobs()]


def smtp(url: str, **more: str) -> dict[str, str]:
    return {"MAIL_URL": url, "PUBLIC_URL": SITE, "MAIL_FROM": "Notes <notes@notes.example>", **more}


def test_a_mail_says_who_sends_it_what_it_is_about_and_where_to_go(
    make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    app = make_app(**settings(tmp_path / "mail"))
    assert send(app) == []
    [received] = mails(app)
    assert received["Subject"] == "Is this your address?"
    assert (received["To"], received["From"]) == ("dora@example.org", "Notes <notes@localhost>")
    assert received["Auto-Submitted"] == "auto-generated"
    assert f"{SITE}/confirm-address?token=a%2Bb" in received.get_content()


def test_a_link_stands_in_one_line_of_the_file(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app, link = make_app(**settings(tmp_path / "mail")), f"{SITE}/confirm-address?token={'x' * 120}"
    with app.app_context():
        mail.send("dora@example.org", "verify", link=link)
        worker.run_all()
    [file] = (tmp_path / "mail").glob("*.eml")
    assert link in file.read_text().splitlines()


def test_a_mail_that_is_sent_twice_carries_one_id(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    app = make_app(**settings(tmp_path / "mail"))
    with app.app_context():
        mail.send("dora@example.org", "verify", link="")
        claimed = queue.claim()
        assert claimed
        mail._send(claimed)
        mail._send(claimed)  # as after a process that died before it could say that it was done
        queue.finish(claimed)
    assert len(mails(app)) == 1


def test_only_the_owner_of_the_folder_reads_the_mails(make_app: Callable[..., Flask], tmp_path: Path) -> None:
    send(make_app(**settings(tmp_path / "mail")))
    [file] = (tmp_path / "mail").iterdir()
    assert (file.stat().st_mode & 0o077, file.parent.stat().st_mode & 0o077) == (0, 0)


def test_mail_is_sent_by_tls_and_the_certificate_verified(
    make_app: Callable[..., Flask], certificate: Path, context: ssl.SSLContext
) -> None:
    mailbox = Mailbox()
    with server(mailbox, ssl_context=context) as port:
        url = f"smtps://localhost:{port}"
        [error] = send(make_app(**smtp(url)))
        assert error
        assert "certificate verify failed" in error
        assert mailbox.received == []
        send(make_app(**smtp(url, MAIL_CA=str(certificate))))
    assert mailbox.received[-1].rcpt_tos == ["dora@example.org"]


def test_a_domain_in_other_letters_is_known_to_every_server(make_app: Callable[..., Flask]) -> None:
    mailbox = Mailbox()
    with server(mailbox, enable_SMTPUTF8=False) as port:
        assert send(make_app(**smtp(f"smtp://127.0.0.1:{port}")), "dora@grüße.example.org") == []
    assert mailbox.received[-1].rcpt_tos == ["dora@xn--gre-6ka8l.example.org"]


def test_name_and_password_are_given_to_the_server(
    make_app: Callable[..., Flask], certificate: Path, context: ssl.SSLContext
) -> None:
    given: list[tuple[bytes, bytes]] = []

    def authenticate(
        _server: object, _session: object, _envelope: object, _mechanism: str, login: object
    ) -> AuthResult:
        given.append((login.login, login.password))  # type: ignore[attr-defined]  # of LoginPassword
        return AuthResult(success=True)

    mailbox = Mailbox()
    options = {"ssl_context": context, "authenticator": authenticate, "auth_require_tls": False}
    with server(mailbox, **options) as port:
        app = make_app(**smtp(f"smtps://me%40x@localhost:{port}", MAIL_PASSWORD="p@s%2Fword", MAIL_CA=str(certificate)))
        assert send(app) == []
    assert given == [(b"me@x", b"p@s%2Fword")]
    assert len(mailbox.received) == 1


def test_a_server_elsewhere_that_offers_no_tls_is_given_no_mail(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", set())
    mailbox = Mailbox()
    with server(mailbox) as port:
        [error] = send(make_app(**smtp(f"smtp://127.0.0.1:{port}")))
    assert error
    assert "STARTTLS" in error
    assert mailbox.received == []


def test_without_mail_nothing_is_to_be_sent(make_app: Callable[..., Flask]) -> None:
    app = make_app()
    assert send(app) == []
    with app.app_context():
        assert db.read(select(job)).all() == []
