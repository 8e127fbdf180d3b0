"""Mail: composed from templates, sent by a job, by SMTP or into a folder, as MAIL_URL says."""

from __future__ import annotations

import secrets
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit

from email_validator import validate_email
from flask import Flask, current_app

from app import db, jobs
from app.jobs import Job

KIND = "send mail"
SECONDS_TO_ANSWER = 30  # of an SMTP server, for each of its answers
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def init_app(app: Flask) -> None:
    jobs.register(app, KIND, _send)


def is_configured() -> bool:
    return bool(current_app.config["MAIL_URL"])


def send(to: str, template: str, **values: Any) -> None:
    """Let `template` of templates/mail be sent, if the caller's transaction is kept; without MAIL_URL do nothing."""
    if is_configured():
        jobs.add(KIND, secrets.token_hex(16), {"to": to, "template": template, "values": values})


def address(path: str, **query: str) -> str:
    """Return the address of a page for a mail. What a browser calls this site may be anything; PUBLIC_URL is ours."""
    site: str = current_app.config["PUBLIC_URL"]
    return f"{site}{path}?{urlencode(query)}" if query else f"{site}{path}"


def compose(key: str, to: str, template: str, values: dict[str, Any]) -> EmailMessage:
    """Return the message; the first line of a template is its subject, and the key makes doubles known as such."""
    site = current_app.config["PUBLIC_URL"]
    # Not `render_template`: what pages are given asks for a request, and a mail has none.
    rendered = current_app.jinja_env.get_template(f"mail/{template}.txt").render(values, site_address=site)
    subject, _, body = rendered.strip().partition("\n")
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, current_app.config["MAIL_FROM"], _in_ascii(to)
    message["Date"], message["Message-ID"] = formatdate(), f"<{key}@{urlsplit(site).hostname}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no answer from absent people
    text = f"{body.strip()}\n"
    # Else a link in a long line would be split in the file.
    message.set_content(text, cte="7bit" if text.isascii() else "quoted-printable")
    return message


def _in_ascii(address: str) -> str:
    """Return the address with its domain as every server knows it: few take one in other letters, SES does not.

    What stands before the @ has no other form.
    """
    if address.isascii():
        return address
    return validate_email(address, check_deliverability=False).ascii_email or address


def _send(job: Job) -> None:
    message = compose(job.key, job.content["to"], job.content["template"], job.content["values"])
    db.release()
    url = urlsplit(current_app.config["MAIL_URL"])
    if url.scheme == "folder":
        _write(Path(url.path), job.key, message)
    else:
        with _connect(url) as server:
            server.send_message(message)


def _write(folder: Path, key: str, message: EmailMessage) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder / f".{key}"
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(bytes(message))
    unfinished.replace(folder / f"{key}.eml")


@contextmanager
def _connect(url: SplitResult) -> Iterator[smtplib.SMTP]:
    """Connect to the server; its certificate is verified, and only one on this machine is spoken to without TLS."""
    context = ssl.create_default_context(cafile=current_app.config["MAIL_CA"])
    host, port = url.hostname or "", url.port
    server: smtplib.SMTP
    if url.scheme == "smtps":
        server = smtplib.SMTP_SSL(host, port or 465, timeout=SECONDS_TO_ANSWER, context=context)
    else:
        server = smtplib.SMTP(host, port or 587, timeout=SECONDS_TO_ANSWER)
    with server:
        if url.scheme == "smtp" and host not in LOOPBACK:
            server.starttls(context=context)
        if url.username:
            # In an address a sign may be written as %40; MAIL_PASSWORD is as the server knows it.
            password = unquote(url.password) if url.password else current_app.config["MAIL_PASSWORD"]
            server.login(unquote(url.username), password)
        yield server
