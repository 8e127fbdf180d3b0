"""Mails that the application has sent into a folder: `mails(app)` does the jobs that wait, and reads them."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask

from app.jobs import worker

SITE = "https://notes.example"


def settings(folder: Path) -> dict[str, str]:
    """Return the settings of an application whose mails lie in `folder`."""
    return {"MAIL_URL": f"folder:{folder}", "PUBLIC_URL": SITE}


def mails(app: Flask) -> list[EmailMessage]:
    """Return all mails, those that were sent last at the end; each is returned once."""
    with app.app_context():
        worker.run_all()
    files = sorted(Path(urlsplit(app.config["MAIL_URL"]).path).glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    read = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    for file in files:
        file.unlink()
    return read


def link(mail: EmailMessage) -> str:
    """Return the path of the one link with a token in a mail."""
    [found] = re.findall(rf"{SITE}(/\S+token=\S+)", mail.get_content())
    return str(found)
