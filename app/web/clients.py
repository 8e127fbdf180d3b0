"""Who counts as one client when requests are counted by address."""

from __future__ import annotations

import ipaddress


def network(client: str) -> str:
    """Return what stands for the client: a home or a server has 2^64 addresses of IPv6."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # on a socket of both kinds; else all of IPv4 would be one client
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))
