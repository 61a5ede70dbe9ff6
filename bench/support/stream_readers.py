"""Many readers of one stream in this process, some of which take nothing."""

import asyncio
import re
import socket
import time
from collections import defaultdict

RUN = re.compile(rb'"run_id":"(\d+)"')


class Readers:
    """`seen`: by run, when each reader got the first word of it."""

    def __init__(self) -> None:
        self.seen: defaultdict[int, list[float]] = defaultdict(list)
        self._open: list[asyncio.BaseTransport] = []
        self._stuck: list[socket.socket] = []

    async def connect(self, host: str, port: int, request: bytes, *, quick: int, slow: int) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(quick):
            transport, _ = await loop.create_connection(lambda: _Reader(self, request), host, port)
            self._open.append(transport)
        for _ in range(slow):
            stuck = socket.socket()
            stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            stuck.setblocking(False)
            await loop.sock_connect(stuck, (host, port))
            await loop.sock_sendall(stuck, request)
            self._stuck.append(stuck)

    async def all_have(self, run_id: int, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.seen[run_id]) < count:  # noqa: ASYNC110 - arrivals must cost nothing else
                await asyncio.sleep(0.005)

    def close(self) -> None:
        for transport in self._open:
            transport.close()
        for stuck in self._stuck:
            stuck.close()


class _Reader(asyncio.Protocol):
    def __init__(self, readers: Readers, request: bytes) -> None:
        self._readers, self._request, self._known = readers, request, 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        for found in RUN.finditer(data):
            run_id = int(found[1])
            if run_id > self._known:
                self._known = run_id
                self._readers.seen[run_id].append(now)
