"""Probe in a host: tries to open the TCP connections it is asked for, all at once, and says which got an answer."""

from __future__ import annotations

import asyncio
import errno
import json
import sys

# On a busy machine an answer takes more than a second, and a first packet that got lost is sent again after one.
SECONDS = 5.0


async def gets_answer(address: str, port: int) -> bool:
    """A refusal is an answer too: the packet arrived."""
    try:
        async with asyncio.timeout(SECONDS):
            _, writer = await asyncio.open_connection(address, port)
    except (TimeoutError, PermissionError):
        return False
    except OSError as error:
        if error.errno in {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPERM, errno.ETIMEDOUT}:
            return False
        if error.errno in {errno.ECONNREFUSED, errno.ECONNRESET}:
            return True
        raise
    writer.close()
    return True


async def ask(targets: list[tuple[str, int]]) -> list[bool]:
    return await asyncio.gather(*(gets_answer(*target) for target in targets))


if __name__ == "__main__":
    json.dump(asyncio.run(ask(json.load(sys.stdin))), sys.stdout)
