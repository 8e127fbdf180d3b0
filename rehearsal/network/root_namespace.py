"""Root namespace: the outermost one, in which all hosts are, and with which all of them end."""

from __future__ import annotations

import os
from collections.abc import Sequence


def in_new_namespaces(command: Sequence[str]) -> list[str]:
    """The command in namespaces of its own, where it is root over everything and connected to nothing.

    People who are not root need subordinate ids (/etc/subuid), because nginx, sshd and others change theirs.
    """
    ids = [] if os.geteuid() == 0 else ["--user", "--map-root-user", "--map-auto"]
    kinds = ["--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child"]
    return ["unshare", *ids, *kinds, *command]


def in_namespaces_of(init: int, command: Sequence[str]) -> list[str]:
    """The command in the namespaces of the process `init`."""
    ids = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    return ["nsenter", "-t", str(init), *ids, "--net", "--mount", "--uts", "--pid", *command]
