"""Whom the edge answers at all, and how it speaks TLS."""

from __future__ import annotations

import socket
import ssl

import httpx
import pytest

from devtools.nginx import CLOSED, NAME, Nginx


def shake_hands(nginx: Nginx, name: str | None, context: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    if context is None:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    plain = socket.create_connection(("127.0.0.1", nginx.https_port), timeout=30)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except BaseException:
        plain.close()
        raise


@pytest.mark.parametrize("name", ["evil.test", "127.0.0.1", "x." + NAME])
def test_plain_http_for_an_unknown_name_is_closed_without_an_answer(nginx: Nginx, address: str, name: str) -> None:
    with nginx.client(address, name=name, scheme="http") as client, pytest.raises(CLOSED):
        client.get("/")


@pytest.mark.parametrize("name", ["evil.test", None])
def test_a_handshake_for_an_unknown_name_gets_no_certificate(nginx: Nginx, name: str | None) -> None:
    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        shake_hands(nginx, name)


def test_a_known_handshake_with_an_unknown_host_is_misdirected(nginx: Nginx, address: str) -> None:
    with nginx.client(address) as client:
        assert client.get("/", headers={"Host": "evil.test"}).status_code == 421


def test_plain_http_is_sent_to_the_same_address_in_https(nginx: Nginx, address: str) -> None:
    with nginx.client(address, scheme="http") as client:
        answer = client.get("/notes?q=%C3%BC")
    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{NAME}:{nginx.https_port}/notes?q=%C3%BC"
    assert "Strict-Transport-Security" not in answer.headers


def test_https_is_promised_for_two_years(visitor: httpx.Client) -> None:
    assert visitor.get("/").headers["Strict-Transport-Security"] == "max-age=63072000; includeSubDomains"


def test_http2_is_spoken(nginx: Nginx, address: str) -> None:
    with nginx.client(address, http2=True) as client:
        answer = client.get("/")
    assert answer.http_version == "HTTP/2"
    assert answer.json()["headers"]["host"] == f"{NAME}:{nginx.https_port}"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_current_tls_version_is_spoken(nginx: Nginx, version: ssl.TLSVersion) -> None:
    context = nginx.tls_context()
    context.minimum_version = context.maximum_version = version
    with shake_hands(nginx, NAME, context) as connection:
        assert connection.version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")  # the outdated version is the point
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_an_outdated_tls_version_is_refused(nginx: Nginx, version: ssl.TLSVersion) -> None:
    context = nginx.tls_context()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        shake_hands(nginx, NAME, context)
