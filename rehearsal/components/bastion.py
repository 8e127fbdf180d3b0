"""Bastion, as its user data sets it up, and the operator, whose machine is the host "admin"."""

from __future__ import annotations

from pathlib import Path

from devtools.processes import ROOT
from rehearsal.model.state import State
from rehearsal.network.namespaces import run
from rehearsal.network.network import Network
from rehearsal.network.processes import wait_until_listening


class Bastion:
    def __init__(self, network: Network, state: State) -> None:
        self.network, self.key = network, network.home / "key"
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "operator", "-f", self.key)
        (self.host,) = network.topology.of("bastion")
        inside = network[self.host.name]
        self.database = state.arguments("bastion", "install")[0]
        inside.run(ROOT / "bastion" / "install", self.database, self.key.with_suffix(".pub"))
        self.known = network.home / "known_hosts"
        inside_key = inside.run("cat", "/etc/ssh/ssh_host_ed25519_key.pub")
        self.known.write_text(f"{self.host.public} {inside_key}")
        # Where this machine's root is not ours, / is nobody's, and sshd would trust no file below it.
        strict = "yes" if Path("/").stat().st_uid == 0 else "no"
        process = inside.start("/usr/sbin/sshd", "-D", "-e", "-o", f"StrictModes={strict}", log="sshd")
        wait_until_listening(inside, 22, process)

    def environ(self) -> dict[str, str]:
        """The environment of bastion/tunnel; without anybody's own settings, keys or agent."""
        options = f"-v -F none -i {self.key} -o UserKnownHostsFile={self.known} -o BatchMode=yes"
        return {"BASTION": str(self.host.public), "DATABASE": self.database, "SSH_OPTIONS": options}
