"""Who reaches whom, on which ports: every pair of hosts tried with real packets."""

from __future__ import annotations

import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Network
from itertools import product

from rehearsal import in_host
from rehearsal.network.network import Network

# SSH, web, MySQL, the app; and some that should never answer: SMTP, DNS, another web, Redis, haproxy's own.
PORTS = (22, 25, 53, 80, 443, 3306, 5000, 6379, 8080, 9000)
PROBE = in_host.FOLDER / "probe.py"

Answers = dict[tuple[str, str, int], bool]  # (from, to, port), by names of hosts


def try_all(network: Network) -> Answers:
    """Try every host and everybody outside to every address of every other one."""
    sources = [*outsiders(network), *network.topology.hosts]
    # All at once: each does little but wait for what never answers.
    with ThreadPoolExecutor(len(sources)) as pool:
        answers = pool.map(lambda source: _from(network, source), sources)
    return {key: answer for found in answers for key, answer in found.items()}


def outsiders(network: Network) -> list[str]:
    """Anybody ("world"), and who else outside has a rule of their own."""
    rules = [rule for group in network.topology.groups.values() for rule in group.rules]
    peers = {peer for rule in rules if not isinstance(rule.peer, str) for peer in rule.peer}
    return ["world", *(name for name in ("admin", "cloudfront") if IPv4Network(network.outside[name]) in peers)]


def _from(network: Network, source: str) -> Answers:
    ways = [] if source in outsiders(network) else [(name, network.outside[name]) for name in outsiders(network)]
    for host in network.topology.hosts.values():
        ways += [(host.name, address) for address in (host.address, host.public) if address and host.name != source]
    targets = [(name, str(address), port) for (name, address), port in product(ways, PORTS)]
    answers = network[source].run_json(sys.executable, PROBE, question=[target[1:] for target in targets])
    reached: Answers = defaultdict(bool)
    for (name, _, port), answer in zip(targets, answers, strict=True):
        reached[source, name, port] |= answer
    return dict(reached)


def by_role(network: Network, answers: Answers) -> dict[tuple[str, str], set[str]]:
    """(from, to) => open ports; raises ValueError when hosts of one role are treated differently."""
    roles = {name: name for name in outsiders(network)} | {
        host.name: host.role for host in network.topology.hosts.values()
    }
    found: dict[tuple[str, str, int], set[bool]] = defaultdict(set)
    for (source, target, port), answer in answers.items():
        found[roles[source], roles[target], port].add(answer)
    if uneven := [key for key, answer in found.items() if len(answer) > 1]:
        raise ValueError(f"not the same for all hosts of a role: {uneven}")
    opened: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (source, target, port), heard in found.items():
        if True in heard:
            opened[source, target].add(str(port))
    return dict(opened)
