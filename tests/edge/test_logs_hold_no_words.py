"""No log of any component holds what people search for, write, or call their things, whichever field it comes in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pymysql
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy.engine import make_url
from werkzeug.routing import Rule

from app import create_app
from app.ids import IdConverter
from devtools.databases import settings as app_settings
from devtools.local_stack import NAME, one_machine, settings
from devtools.nginx import Nginx, run_nginx, upstream_options
from devtools.people import PASSWORD, email
from devtools.processes import free_port, wait_until

CANARY = "canary7f3a"
FIELDS = (
    *("q", "title", "body", "tags", "tag", "due", "status", "name", "new", "old", "old_name", "value", "do", "was"),
    *("back", "next", "note", "instance", "key", "draft", "before", "after", "cursor", "changed_since", "sort", "at"),
    *("from", "username", "number", "code", "token", "place", "version", "line", "beginning", "fields"),
)
NO_WORDS = ("/static/", "session_id")  # names of our files, and numbers: whoever puts words there is no person
LAST = ("sign-out", "delete", "sessions", "tokens")  # what would end the session or the token, after all others


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    app: Flask = create_app(app_settings("sqlite:///unused.db"))
    found = [rule for rule in app.url_map.iter_rules() if not any(part in rule.rule for part in NO_WORDS)]
    return sorted(found, key=lambda rule: any(word in rule.rule for word in LAST))


class Visitor:
    """Somebody signed in, whose every request comes from another address: nobody's limit is what is tried here."""

    def __init__(self, nginx: Nginx) -> None:
        self.nginx, self.sources = nginx, (f"127.0.{at // 250}.{at % 250 + 2}" for at in count(1))
        self.cookies = httpx.Cookies()
        self.csrf = ""

    def __call__(self, method: str, path: str, **more: Any) -> httpx.Response:
        address = f"https://{NAME}:{self.nginx.https_port}"
        headers = {"Referer": f"{address}/search?q={CANARY}", "X-CSRFToken": self.csrf}
        transport = httpx.HTTPTransport(verify=self.nginx.tls_context(), local_address=next(self.sources))
        with httpx.Client(base_url=address, transport=transport, timeout=60, cookies=self.cookies) as client:
            answer = client.request(method, path, headers=headers, **more)
            self.cookies = client.cookies
        return answer

    def find_csrf(self, path: str) -> None:
        field = BeautifulSoup(self("GET", path).text, "html.parser").find("input", {"name": "csrf_token"})
        assert field is not None
        self.csrf = str(field["value"])

    def sign_up(self) -> None:
        self.find_csrf("/sign-up")
        answer = self("POST", "/sign-up", data={"email": email("alice"), "password": PASSWORD, "again": PASSWORD})
        assert answer.status_code == 303, answer.text
        self.find_csrf("/account")


def path_of(rule: Rule) -> str:
    """Return an address of the route, with the canary wherever an address holds words."""
    converters = rule._converters.items()
    names = {name: 1 if isinstance(converter, IdConverter) else CANARY for name, converter in converters}
    built = rule.build(names)
    assert built is not None, rule.rule
    return built[1]


def ask_everything(visitor: Visitor, rules: list[Rule]) -> Iterator[int]:
    """Send the canary in every field of every route, as a form, as JSON and in the address; yield the statuses."""
    fields = dict.fromkeys(FIELDS, CANARY)
    for rule in rules:
        path = path_of(rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            body = {} if method == "GET" else {"json": fields} if path.startswith("/api") else {"data": fields}
            yield visitor(method, path, params=fields, **body).status_code
            yield visitor(method, path, params={"q": CANARY}, **body).status_code


def logs(home: Path) -> dict[str, str]:
    """Return what all components have logged: nginx, app servers, jobs, the database."""
    url = make_url(settings(home)["DATABASE_URL"])
    with closing(pymysql.connect(host=url.host or "", port=url.port or 0, user="root")) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT @@datadir, @@slow_query_log, @@general_log")
        row = cursor.fetchone()
    assert row is not None
    folder, *records_statements = row
    assert records_statements == [0, 0]
    beside = Path(folder).resolve().parent
    files = [*home.glob("*.log"), *home.glob("log/*"), *beside.glob("*.err"), *beside.glob("*.log")]
    return {str(path): path.read_text(errors="replace") for path in files}


def test_no_log_of_the_whole_stack_holds_what_was_sent(home: Path, rules: list[Rule]) -> None:
    with one_machine(home) as nginx:
        visitor = Visitor(nginx)
        visitor.sign_up()
        made = visitor("POST", "/notes", data={"title": CANARY, "body": CANARY, "tags": CANARY, "key": "a-key-of-mine"})
        assert made.status_code in {303, 422}, made.text
        statuses = list(ask_everything(visitor, rules))
        assert len(statuses) > 200
        assert statuses.count(200) > 20
        wait_until(lambda: len(nginx.log()) >= len(statuses), "the last line")
        written = logs(home)
    assert {Path(name).name for name in written} >= {"access.log", "error.log", "app.log", "jobs.log"}
    assert '"path":"/search"' in written[str(home / "log" / "access.log")]
    found = {name: [line for line in text.splitlines() if CANARY in line][:3] for name, text in written.items()}
    assert {name: lines for name, lines in found.items() if lines} == {}


def test_what_fails_at_nginx_is_logged_without_it_and_says_what_failed(home: Path) -> None:
    with run_nginx(home, "--front", "instance", *upstream_options([free_port()])) as nginx:
        with nginx.client("127.0.0.9") as client:
            headers = {"Referer": f"https://{NAME}/search?q={CANARY}"}
            statuses = [client.get(f"/search?q={CANARY}", headers=headers).status_code for _ in range(60)]
        assert 429 in statuses
        lines = nginx.log_of("127.0.0.9", 60)
        written = "".join(path.read_text() for path in (home / "log").iterdir())
    assert CANARY not in written
    refused = [line for line in lines if line["upstream"]]
    assert refused
    assert {line["connect_seconds"].strip("-: ,") for line in refused} == {""}
