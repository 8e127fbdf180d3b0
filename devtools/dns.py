"""A DNS server on the loopback interface."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from dnslib import QTYPE, RR, A, DNSRecord
from dnslib.server import DNSServer

from devtools.processes import free_port


@dataclass
class NameServer:
    """Answers every question with the addresses it has now; `server` is its own, with the port."""

    server: str
    addresses: list[str]

    def resolve(self, request: DNSRecord, _handler: object) -> DNSRecord:
        reply = request.reply()
        if request.q.qtype == QTYPE.A:
            reply.add_answer(*[RR(request.q.qname, rdata=A(address), ttl=60) for address in self.addresses])
        return reply


@contextlib.contextmanager
def run_name_server(*addresses: str) -> Iterator[NameServer]:
    port = free_port()
    names = NameServer(f"127.0.0.1:{port}", list(addresses))
    servers = [DNSServer(names, address="127.0.0.1", port=port, tcp=tcp) for tcp in (False, True)]
    for server in servers:
        server.start_thread()
    try:
        yield names
    finally:
        for server in servers:
            server.stop()
            server.server.server_close()
