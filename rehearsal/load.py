"""Runs in the world: people who read and write notes until they are told to stop, and write down every answer.

A write that was not acknowledged is sent again with the same key, as by somebody who presses the button once more.
"""

from __future__ import annotations

import json
import re
import secrets
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx

SITE = "https://notes.test"
REFERER = {"Referer": f"{SITE}/"}
PAUSE = 0.15  # keeps a visitor below the 30 requests a second that an address may make
PATIENCE = 15.0


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    if not found:
        raise RuntimeError(f"no form: {page.status_code} {page.text[:300]}")
    return found.group(1)


def signed_in(client: httpx.Client, email: str, password: str) -> None:
    """Sign in, or up where nobody has an account yet."""
    path = "/sign-up" if client.get("/sign-up").status_code == 200 else "/sign-in"
    form = {"email": email, "password": password, "csrf_token": form_token(client.get(path))}
    answer = client.post(path, data=form | ({"again": password} if path == "/sign-up" else {}))
    if answer.status_code != 303:
        raise RuntimeError(f"{path}: {answer.status_code}")


def visit(number: int, source: str, account: dict[str, str], ledger: Any, ended: threading.Event) -> None:
    name = Path(account["ledger"]).name
    transport = httpx.HTTPTransport(verify=account["authority"], local_address=source)
    headers = REFERER | {"Cookie": account["cookie"]}
    with httpx.Client(base_url=SITE, transport=transport, headers=headers, timeout=PATIENCE) as client:
        form: dict[str, str] = {}
        for count in range(1, 1_000_000):
            if ended.wait(PAUSE):
                return
            if count % 4 and not form:
                ask(client, number, ledger, "read", None)
                continue
            form = form or {"title": f"{name} {number}-{count}", "key": secrets.token_urlsafe(18)}
            if ask(client, number, ledger, "write", form | {"body": "text", "csrf_token": account["token"]}):
                form = {}


def ask(client: httpx.Client, number: int, ledger: Any, kind: str, form: dict[str, str] | None) -> bool:
    began = time.time()
    try:
        answer = str((client.post("/notes", data=form) if form else client.get("/notes")).status_code)
    except httpx.HTTPError as error:
        answer = type(error).__name__
    well = answer == ("303" if form else "200")
    line = {
        "visitor": number,
        "at": began,
        "seconds": round(time.time() - began, 2),
        "kind": kind,
        "answer": answer,
        "well": well,
    }
    ledger.write(json.dumps(line | {"title": form["title"] if form else None}) + "\n")
    return well


def main(settings: dict[str, Any]) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    transport = httpx.HTTPTransport(verify=settings["authority"])
    with httpx.Client(base_url=SITE, transport=transport, headers=REFERER, timeout=PATIENCE) as client:
        signed_in(client, settings["email"], settings["password"])
        token = form_token(client.get("/notes/new"))
        account = {"cookie": f"__Host-session={client.cookies['__Host-session']}", "token": token}
    account |= {"authority": settings["authority"], "ledger": settings["ledger"]}
    with (
        Path(settings["ledger"]).open("w", buffering=1) as ledger,
        ThreadPoolExecutor(len(settings["sources"])) as pool,
    ):
        for number, source in enumerate(settings["sources"]):
            pool.submit(visit, number, source, account, ledger, ended)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
