"""The configurations of docs/proxy.md, word for word but for ports, certificates and where files lie."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import httpx
import pytest
from bs4 import BeautifulSoup

from devtools.app_server import gunicorn
from devtools.processes import ROOT, free_port, run_server
from devtools.programs import find_program
from devtools.tls import create_certificate

NAME = "notes.example.org"
SETTINGS = {
    "APP_ENV": "production",
    "TRUSTED_HOSTS": NAME,
    "PROXY_HOPS": "1",
    "SIGN_UP": "open",
    "OPERATOR_NETWORKS": "10.9.9.9/32",
}
NGINX = """
pid {home}/nginx.pid;
error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy; fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    {server}
}}
"""


def block(language: str, beginning: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/proxy.md").read_text(), re.DOTALL)
    (found,) = [text for text in blocks if text.startswith(beginning)]
    return str(found)


@contextmanager
def nginx(server: str, home: Path, app: int) -> Iterator[int]:
    port = free_port()
    create_certificate(home / NAME, NAME)
    server = server.replace("listen 443", f"listen 127.0.0.1:{port}").replace("/etc/letsencrypt/live", str(home))
    (home / "nginx.conf").write_text(NGINX.format(home=home, server=server.replace(":5000", f":{app}")))
    command = [find_program("nginx"), "-c", str(home / "nginx.conf"), "-g", "daemon off;"]
    with run_server(command, port, home / "nginx.log"):
        yield port


def beside_other_sites(home: Path, app: int) -> AbstractContextManager[int]:
    return nginx(block("nginx", "server {"), home, app)


def below_a_path(home: Path, app: int) -> AbstractContextManager[int]:
    server, location = block("nginx", "server {"), block("nginx", "location /notes/")
    return nginx(re.sub(r"location / \{.*?\n    \}", location, server, flags=re.DOTALL), home, app)


@contextmanager
def caddy(home: Path, app: int) -> Iterator[int]:
    port = free_port()
    create_certificate(home / NAME, NAME)
    certificate = f"tls {home / NAME}/fullchain.pem {home / NAME}/privkey.pem"
    site = block("caddy", NAME).replace(f"{NAME} {{", f"https://{NAME}:{port} {{\n bind 127.0.0.1\n {certificate}", 1)
    options = "{\n admin off\n auto_https disable_redirects\n}\n"
    (home / "Caddyfile").write_text(options + site.replace(":5000", f":{app}"))
    command = [find_program("caddy"), "run", "--config", str(home / "Caddyfile"), "--adapter", "caddyfile"]
    with run_server(command, port, home / "caddy.log", environ={"HOME": str(home)}):
        yield port


PROXIES = pytest.mark.parametrize("proxy", [beside_other_sites, caddy])
Proxy = Callable[[Path, int], AbstractContextManager[int]]


def browser(home: Path, port: int) -> httpx.Client:
    trusted = ssl.create_default_context(cafile=str(home / NAME / "fullchain.pem"))
    client = httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=trusted, headers={"Host": NAME}, timeout=60)
    client.event_hooks["request"] = [lambda request: request.extensions.update(sni_hostname=NAME)]
    return client


@contextmanager
def behind(proxy: Proxy, home: Path, url: str, app: str = "crudapp:app", **environ: str) -> Iterator[httpx.Client]:
    with (
        gunicorn(home, url, app=app, **environ) as server,
        proxy(home, int(server.address.rpartition(":")[2])) as port,
        browser(home, port) as client,
    ):
        yield client


@contextmanager
def served(proxy: Proxy, home: Path, url: str, **environ: str) -> Iterator[httpx.Client]:
    with behind(proxy, home, url, **SETTINGS | environ) as client:
        yield client


@pytest.fixture
def url(migrated_file: Path, home: Path) -> str:
    (home / "notes.db").write_bytes(migrated_file.read_bytes())
    return f"sqlite:///{home / 'notes.db'}"


def sign_up(client: httpx.Client, below: str = "") -> httpx.Response:
    page = client.get(f"{below}/sign-up")
    field = BeautifulSoup(page.text, "html.parser").find("input", {"name": "csrf_token"})
    assert field, page.text
    fields = {"csrf_token": str(field["value"]), "email": "a@example.org"}
    fields |= {"password": "four plain words here", "again": "four plain words here"}
    headers = {"Referer": f"https://{NAME}{below}/sign-up"}
    return client.post(f"{below}/sign-up", data=fields, headers=headers)


@PROXIES
def test_a_person_signs_up_over_https_and_has_a_secure_session(proxy: Proxy, home: Path, url: str) -> None:
    with served(proxy, home, url) as client:
        answer = sign_up(client)
        notes = client.get("/notes")
    assert (answer.status_code, notes.status_code) == (303, 200)
    assert "__Host-session=" in answer.headers["Set-Cookie"]
    assert "Secure" in answer.headers["Set-Cookie"]


@PROXIES
def test_what_is_for_operators_is_not_there(proxy: Proxy, home: Path, url: str) -> None:
    with served(proxy, home, url) as client:
        paths = ("/health", "/readyz", "/metrics", "/pool-stats", "/%6detrics", "/metrics/")
        assert {path: client.get(path).status_code for path in paths} == dict.fromkeys(paths, 404)
        assert client.get("/livez").status_code == 200


@PROXIES
def test_nobody_chooses_the_address_that_they_come_from(proxy: Proxy, home: Path, url: str) -> None:
    environ = {"SERVER": "a", "POSTS": str(home / "posts"), "PROXY_HOPS": "1"}
    with behind(proxy, home, url, app="devtools.echo_app:app", **environ) as client:
        seen = client.get("/", headers={"X-Forwarded-For": "10.9.9.9", "X-Forwarded-Proto": "http"}).json()
    assert (seen["address"], seen["headers"]["x_forwarded_proto"]) == ("127.0.0.1", "https")


@PROXIES
def test_a_request_that_is_too_large_is_refused(proxy: Proxy, home: Path, url: str) -> None:
    with served(proxy, home, url) as client:
        assert client.post("/notes", content=b"x" * 3_000_000).status_code == 413


def test_below_a_path_a_person_signs_up_too(home: Path, url: str) -> None:
    with served(below_a_path, home, url, PROXY_PREFIX="1") as client:
        answer = sign_up(client, "/notes")
        assert answer.status_code == 303
        assert client.get("/notes/notes").status_code == 200
