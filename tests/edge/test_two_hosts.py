"""Of two hosts with one name, either may be asked for the proof that the authority of certificates wants to see."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from devtools.dns import run_name_server
from devtools.nginx import Nginx, run_nginx

CHALLENGE = "/.well-known/acme-challenge"


@pytest.fixture
def nginx(home: Path) -> Iterator[Nginx]:
    """One host at 127.0.0.1; the other one, which orders, at 127.0.0.2. Their name leads to both."""
    with run_name_server("127.0.0.1", "127.0.0.2") as names:
        options = ["--front", "load-balancer", "--upstream", "balancer.test:1", "--hosts", "two"]
        with run_nginx(home, *options, "--resolver", names.server) as running:
            ordering = home / "ordering" / CHALLENGE[1:]
            ordering.mkdir(parents=True)
            (ordering / "token").write_text("proof")
            handler = partial(SimpleHTTPRequestHandler, directory=home / "ordering")
            with ThreadingHTTPServer(("127.0.0.2", running.http_port), handler) as other:
                threading.Thread(target=other.serve_forever).start()
                yield running
                other.shutdown()


def test_the_host_that_does_not_order_answers_with_the_proof_of_the_other(nginx: Nginx, address: str) -> None:
    with nginx.client(address, scheme="http") as authority:
        for _ in range(4):  # whichever of the two addresses it asks first
            answer = authority.get(f"{CHALLENGE}/token")
            assert (answer.status_code, answer.text) == (200, "proof")


def test_for_a_proof_that_no_host_has_the_hosts_do_not_ask_one_another_endlessly(nginx: Nginx, address: str) -> None:
    with nginx.client(address, scheme="http") as stranger:
        assert stranger.get(f"{CHALLENGE}/unknown").status_code == 404
    # The stranger's request, and the one that this host sent to its own name.
    nginx.log_of(address)
    assert len([line for line in nginx.log() if line["path"].endswith("/unknown")]) == 2
