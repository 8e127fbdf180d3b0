"""Load from the internet: clients that read and write until SIGTERM, and write down every answer.

A write that was not acknowledged is sent again with the same key, like a second click.
"""

from __future__ import annotations

import json
import re
import secrets
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import httpx

PAUSE = 0.15  # keeps a client below the 30 requests a second that an address may make
PATIENCE = 15.0


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    if not found:
        raise RuntimeError(f"no form: {page.status_code} {page.text[:300]}")
    return found.group(1)


def sign_in(client: httpx.Client, email: str, password: str) -> None:
    """Sign in, or sign up if there is no account yet."""
    path = "/sign-up" if client.get("/sign-up").status_code == 200 else "/sign-in"
    form = {"email": email, "password": password, "csrf_token": form_token(client.get(path))}
    answer = client.post(path, data=form | ({"again": password} if path == "/sign-up" else {}))
    if answer.status_code != 303:
        raise RuntimeError(f"{path}: {answer.status_code}")


def note(number: int, count: int, name: str) -> dict[str, str]:
    return {"title": f"{name} {number}-{count}", "body": "text", "key": secrets.token_urlsafe(18)}


def entry(number: int, count: int, _name: str) -> dict[str, str]:
    return {"username": f"client-{number}", "number": f"{number:02}{count:06}", "key": secrets.token_hex(16)}


class Feature(NamedTuple):
    path: str  # what is read, and written to
    form: str  # where the form is
    write: Callable[[int, int, str], dict[str, str]]
    identity: str  # the field by which what was written is found again


FEATURES = {"notes": Feature("/notes", "/notes/new", note, "title"), "entries": Feature("/", "/", entry, "number")}


def run_client(number: int, source: str, settings: dict[str, Any], ledger: Any, ended: threading.Event) -> None:
    feature = FEATURES[settings["feature"]]
    with new_client(settings, source) as client:
        client.headers["Cookie"] = settings["cookie"]
        form: dict[str, str] = {}
        for count in range(1, 1_000_000):
            if ended.wait(PAUSE):
                return
            if count % 4 and not form:
                send(client, number, ledger, feature, None)
                continue
            form = form or feature.write(number, count, settings["name"])
            if send(client, number, ledger, feature, form | {"csrf_token": settings["token"]}):
                form = {}


def send(client: httpx.Client, number: int, ledger: Any, feature: Feature, form: dict[str, str] | None) -> bool:
    began = time.time()
    try:
        answer = str((client.post(feature.path, data=form) if form else client.get(feature.path)).status_code)
    except httpx.HTTPError as error:
        answer = type(error).__name__
    well = answer == ("303" if form else "200")
    line: dict[str, Any] = {"client": number, "at": began, "seconds": round(time.time() - began, 4), "well": well}
    line |= {"answer": answer, "kind": "write" if form else "read", "what": form[feature.identity] if form else None}
    ledger.write(json.dumps(line) + "\n")
    return well


def new_client(settings: dict[str, Any], source: str | None = None) -> httpx.Client:
    site = settings["site"]
    transport = httpx.HTTPTransport(verify=settings["authority"] or True, local_address=source)
    return httpx.Client(base_url=site, transport=transport, headers={"Referer": f"{site}/"}, timeout=PATIENCE)


def main(settings: dict[str, Any], run_client: Callable[..., None] = run_client) -> None:
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    with new_client(settings) as client:
        if settings["feature"] == "notes":
            sign_in(client, settings["email"], settings["password"])
        settings["token"] = form_token(client.get(FEATURES[settings["feature"]].form))
        settings["cookie"] = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with (
        Path(settings["ledger"]).open("w", buffering=1) as ledger,
        ThreadPoolExecutor(len(settings["sources"])) as pool,
    ):
        for number, source in enumerate(settings["sources"]):
            pool.submit(run_client, number, source, settings, ledger, ended)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
