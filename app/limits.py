"""How often somebody may try something: over which time, who counts as one, and what is said to those who go on."""

from __future__ import annotations

import ipaddress

from app.errors import TooMany

PERIOD = 15  # minutes


def network(client: str) -> str:
    """Return what stands for the client: a home or a server has 2^64 addresses of IPv6."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address), 64), strict=False))


def too_many(seconds: int) -> TooMany:
    minutes = -(-seconds // 60)
    wait = "a minute" if minutes == 1 else f"{minutes} minutes"
    return TooMany(seconds, f"Too many attempts. Please wait {wait}, then try again.")
