"""Packet rules as nftables text: security groups on a host, address translation at the gateways."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address

from rehearsal.model.topology import ANYWHERE, Host, Rule, Topology

RESOLVER = IPv4Address("169.254.169.253")

# Packets to unused addresses are dropped: AWS does not tell senders that a host is gone.
SILENT = """
table ip silent {
chain output { type filter hook output priority 0; icmp type destination-unreachable drop; }
}
"""


def security_groups(topology: Topology, host: Host) -> str:
    """What the host's groups let in and out, stateful; groups named as peers are sets, so that members come and go."""
    rules = [rule for group in sorted(host.groups) for rule in topology.groups[group].rules]
    peers = sorted({rule.peer for rule in rules if isinstance(rule.peer, str)})
    sets = "\n".join(address_set(topology, peer) for peer in peers)
    inward = "\n".join(accept(rule) for rule in rules if not rule.outward)
    outward = "\n".join(accept(rule) for rule in rules if rule.outward)
    return f"""
table inet security_groups
delete table inet security_groups
table inet security_groups {{
{sets}
chain inward {{ type filter hook input priority 0; policy drop;
  iifname != "eth0" accept
  ct state established,related accept
{inward}
}}
chain outward {{ type filter hook output priority 0; policy drop;
  oifname != "eth0" accept
  ct state established,related accept
  ip daddr {RESOLVER} udp dport 53 accept
  ip daddr {RESOLVER} tcp dport 53 accept
{outward}
}}
}}
"""


def address_set(topology: Topology, group: str) -> str:
    addresses = topology.addresses_in(group)
    elements = f"elements = {{ {', '.join(map(str, addresses))} }}" if addresses else ""
    return f"set {set_name(group)} {{ type ipv4_addr; {elements} }}"


def set_name(group: str) -> str:
    return group.replace("-", "_")


def accept(rule: Rule) -> str:
    return f"  {_peer(rule)} {_ports(rule)} accept"


def _peer(rule: Rule) -> str:
    end = "daddr" if rule.outward else "saddr"
    if isinstance(rule.peer, str):
        return f"ip {end} @{set_name(rule.peer)}"
    return "" if ANYWHERE in rule.peer else f"ip {end} {{ {', '.join(map(str, rule.peer))} }}"


def _ports(rule: Rule) -> str:
    return "" if rule.ports is None else f"tcp dport {rule.ports[0]}-{rule.ports[1]}"


def internet_gateway(public: Mapping[IPv4Address, IPv4Address]) -> str:
    """One to one between private and public addresses: who has none gets neither out nor in.

    Stateless, as AWS's is: a connection does not keep leading to the host that had the address before.
    """
    inward = _translate("daddr", public)
    outward = _translate("saddr", {private: address for address, private in public.items()})
    return f"""
table ip gateway
delete table ip gateway
table ip gateway {{
chain prerouting {{ type filter hook prerouting priority -300; {inward} meta mark set 1; }}
chain postrouting {{ type filter hook postrouting priority 300; {outward}; }}
chain forward {{ type filter hook forward priority 0; policy drop;
  meta mark 1 accept
  {_accept_from(public.values())}
}}
chain input {{ type filter hook input priority 0; policy drop; }}
}}
"""


def _translate(end: str, pairs: Mapping[IPv4Address, IPv4Address]) -> str:
    return f"ip {end} set ip {end} map {{ {', '.join(f'{a} : {b}' for a, b in pairs.items())} }}" if pairs else ""


def _accept_from(addresses: Iterable[IPv4Address]) -> str:
    known = ", ".join(map(str, addresses))
    return f"ip saddr {{ {known} }} accept" if known else ""


def nat_gateway() -> str:
    """Many to one: packets leave with this gateway's address; only answers are let in."""
    return """
table ip nat {
chain postrouting { type nat hook postrouting priority 100; masquerade; }
chain input { type filter hook input priority 0; policy drop; }
}
"""
