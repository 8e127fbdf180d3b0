"""A longer way to a server: `python -m benchmarks.delay PORT TARGET MILLISECONDS` passes on to the port TARGET.

What goes to the server takes so long, what comes back takes no time: a round trip is longer by that. It does what tc
netem does, on every kernel and without root.
"""

from __future__ import annotations

import asyncio
import sys


async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seconds: float) -> None:
    """Write what is read, each piece `seconds` after it came, in its order and as many at once as there are."""
    loop = asyncio.get_running_loop()
    under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def read() -> None:
        while data := await reader.read(65536):
            under_way.put_nowait((loop.time() + seconds, data))
        under_way.put_nowait((loop.time() + seconds, b""))

    async def write() -> None:
        while True:
            due, data = await under_way.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                writer.close()
                return
            writer.write(data)

    await asyncio.gather(read(), write())


async def serve(port: int, target: int, seconds: float) -> None:
    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        there, back = pass_on(reader, far_writer, seconds), pass_on(far_reader, writer, 0)
        await asyncio.gather(there, back, return_exceptions=True)

    server = await asyncio.start_server(connect, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    own, to, milliseconds = map(int, sys.argv[1:])
    asyncio.run(serve(own, to, milliseconds / 1000))
