"""Load of files from the internet: clients that send them, some in a form without a script, and ask for one of them.

What was refused is sent again. A refusal that does not say why, or when to come back, or that does not show the text
of a form, has another name in the ledger than its status.
"""

from __future__ import annotations

import json
import random
import secrets
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import httpx

from rehearsal.in_host.load import main, new_client

PAUSE = 0.5
SENTENCE = "Files cannot be reached right now; notes go on working."
TEXT = "A text that must not be lost."


def run_client(number: int, source: str, settings: dict[str, Any], ledger: Any, ended: threading.Event) -> None:
    with new_client(settings, source) as client:
        client.headers.update({"Cookie": settings["cookie"], "X-CSRFToken": settings["token"]})
        client.timeout = 60.0  # a store that hangs is waited for; what is slow is written down
        name, content = f"{settings['name']} {number}-0.txt", text(settings["name"], number, 0)
        sent = client.post("/files", params={"name": name}, content=content).json()["address"]
        send = send_form if number % 3 == 0 else send_file
        new = 1
        for count in range(1, 1_000_000):
            if ended.wait(PAUSE):
                return
            if count % 2:
                judge(ledger, number, None, lambda: client.get(sent), {200: content.decode()})
            else:
                name = f"{settings['name']} {number}-{new}.txt"
                new += judge(ledger, number, name, *send(client, settings, name, text(settings["name"], number, new)))


def text(*of: object) -> bytes:
    """Return a content that nobody else sends, 100 kB of it."""
    return f"{of} ".encode() + random.Random(str(of)).randbytes(50_000).hex().encode()


Sending = tuple[Callable[[], httpx.Response], dict[int, str]]


def send_file(client: httpx.Client, _settings: dict[str, Any], name: str, content: bytes) -> Sending:
    """As the editor does."""
    headers = {"Accept": "application/json"}
    return lambda: client.post("/files", params={"name": name}, content=content, headers=headers), {201: name}


def send_form(client: httpx.Client, settings: dict[str, Any], name: str, content: bytes) -> Sending:
    form = {"csrf_token": settings["token"], "title": name, "body": TEXT, "key": secrets.token_urlsafe(18)}
    return lambda: client.post("/notes", data=form, files={"files": (name, content)}), {303: "", 503: TEXT}


def judge(ledger: Any, number: int, sent: str | None, ask: Callable[[], httpx.Response], said: dict[int, str]) -> bool:
    """Write down an answer, and whether it is what was asked for; `said` has what stands in it, by its status."""
    began = time.time()
    try:
        answer = ask()
    except httpx.HTTPError as error:
        name, well = type(error).__name__, False
    else:
        well = answer.status_code in said.keys() - {503} and said[answer.status_code] in answer.text
        name = str(answer.status_code)
        if answer.status_code == 503 and not is_told(answer, said.get(503, "")):
            name = f"503 without a word: {answer.text[:400]}"
    line = {"client": number, "at": began, "seconds": round(time.time() - began, 4), "well": well, "answer": name}
    line |= {"kind": "write" if sent else "read", "what": sent}
    ledger.write(json.dumps(line) + "\n")
    return well


def is_told(answer: httpx.Response, text: str) -> bool:
    return "Retry-After" in answer.headers and SENTENCE in answer.text and text in answer.text


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), run_client)
