"""Forwarder in the internet: forwards connections from a socket of the machine to the site."""

from __future__ import annotations

import asyncio
import socket
import sys
from urllib.parse import urlsplit


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(listener: socket.socket, site: str) -> None:
    to = urlsplit(site)
    port = to.port or 443

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(to.hostname, port)
        ways = (pass_on(reader, far_writer), pass_on(far_reader, writer))
        await asyncio.gather(*ways, return_exceptions=True)

    server = await asyncio.start_server(on_connection, sock=listener)
    await server.serve_forever()


if __name__ == "__main__":
    # The socket was made outside, and stays there whoever holds it.
    asyncio.run(serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2]))
