"""The raw limit of a stream: one message to all connections by nothing but `transport.write`.

Says its port; each line of the input, a list of one number, is answered with the time when the message of it went out.
"""

import asyncio
import json
import sys
import time

SIZE = 900
"""About what three events take."""


async def main() -> None:
    connections: set[asyncio.Transport] = set()

    class Connection(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            connections.add(transport)

    server = await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", 0, backlog=2_048)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        message = b'"run_id":"%d"' % json.loads(line)[0] + b" " * SIZE
        began = time.time()
        for connection in connections:
            connection.write(message)
        print(began, flush=True)


if __name__ == "__main__":
    asyncio.run(main())
