"""A pooler in transaction mode: each transaction of a client gets another connection to the server.

It speaks just enough of the protocol for that: clients are let in without a question, nothing is encrypted.
"""

import asyncio
import contextlib
import struct
import threading
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

WAIT_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.01
PROTOCOL = 3 << 16
HEADER = struct.Struct("!cI")

READY, IDLE = b"Z", b"I"
ASKS_FOR_ANSWER = frozenset({b"Q", b"S"})


class Pooler:
    """In front of the database at `server_url` (an address), with so many connections to it. A context manager."""

    def __init__(self, server_url: str, connections: int = 6) -> None:
        self._server, self._count = urlsplit(server_url), connections
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="pooler", daemon=True)
        self._free: deque[_Connection] = deque()
        self._all: list[_Connection] = []
        self._clients: set[_Connection] = set()
        self._waiting = asyncio.Condition()
        self._greeting = b""
        self.transactions = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._run(self._open())
        return self

    def __exit__(self, *_: object) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        user = f"{self._server.username}@" if self._server.username else ""
        path = self._server.path
        return f"postgresql://{user}127.0.0.1:{self._port}{path}?sslmode=disable&gssencmode=disable"

    def ask_all(self, question: str) -> list[bytes]:
        """The answers of all connections to the server to a question of one value; nobody may be at work."""
        return self._run(self._ask_all(question))

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(WAIT_SECONDS)

    async def _open(self) -> None:
        for _ in range(self._count):
            connection = await _Connection.open(self._server.hostname, self._server.port)
            self._greeting = await connection.start(self._server.username, self._server.path.lstrip("/"))
            self._all.append(connection)
        self._free.extend(self._all)
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._listening.close()
        for connection in [*self._all, *self._clients]:
            connection.writer.close()
        while self._clients:  # noqa: ASYNC110 - this is all that happens here
            await asyncio.sleep(LOOK_AGAIN_SECONDS)

    async def _ask_all(self, question: str) -> list[bytes]:
        return [await connection.ask(question) for connection in self._all]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Connection(reader, writer)
        self._clients.add(client)
        try:
            await client.read_startup()
            client.writer.write(self._greeting)
            while True:
                await self._transaction(client)
        except (asyncio.IncompleteReadError, OSError, _Goodbye):
            pass
        finally:
            writer.close()
            self._clients.discard(client)

    async def _transaction(self, client: "_Connection") -> None:
        """From the first message of a client until the server is idle again."""
        first = await client.read()
        if first.startswith(b"X"):
            raise _Goodbye
        async with self._taken() as server:
            message = first
            while not await _answered(client, server, message):
                message = await client.read()
        self.transactions += 1

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator["_Connection"]:
        """The connection that was used the longest time ago. What is unfinished in it is rolled back at the end."""
        async with self._waiting:
            await self._waiting.wait_for(lambda: self._free)
            server = self._free.popleft()
        try:
            yield server
        except BaseException:
            await server.roll_back()
            raise
        finally:
            self._free.append(server)
            async with self._waiting:
                self._waiting.notify()


class _Goodbye(Exception):
    pass


async def _answered(client: "_Connection", server: "_Connection", message: bytes) -> bool:
    """Forward a message, and the answer if it asks for one; whether the transaction has ended then."""
    server.writer.write(message)
    if message[:1] not in ASKS_FOR_ANSWER:
        return False
    server.busy = True
    while True:
        answer = await server.read()
        client.writer.write(answer)
        if answer.startswith(READY):
            server.busy = False
            await client.writer.drain()
            return answer.endswith(IDLE)


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self.busy = False

    @classmethod
    async def open(cls, host: str | None, port: int | None) -> "_Connection":
        return cls(*await asyncio.open_connection(host, port))

    async def start(self, user: str | None, database: str) -> bytes:
        """Log in; what the server says to that, until it is ready."""
        fields = b"".join(
            part.encode() + b"\0"
            for part in ("user", user or "", "database", database, "client_encoding", "UTF8")
        )
        text = struct.pack("!I", PROTOCOL) + fields + b"\0"
        self.writer.write(struct.pack("!I", len(text) + 4) + text)
        said = b""
        while not (message := await self.read()).startswith(READY):
            assert not message.startswith(b"E"), message
            said += message
        return said + message

    async def read_startup(self) -> None:
        length = await self._reader.readexactly(4)
        await self._reader.readexactly(int.from_bytes(length) - 4)

    async def read(self) -> bytes:
        header = await self._reader.readexactly(HEADER.size)
        _, length = HEADER.unpack(header)
        return header + await self._reader.readexactly(length - 4)

    async def ask(self, question: str) -> bytes:
        """One value, as text."""
        text = question.encode() + b"\0"
        self.writer.write(HEADER.pack(b"Q", len(text) + 4) + text)
        found = b""
        while not (message := await self.read()).startswith(READY):
            assert not message.startswith(b"E"), message
            if message.startswith(b"D"):
                found = message[11:]
        return found

    async def roll_back(self) -> None:
        """After a client went away in the middle of its transaction."""
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while self.busy:
                self.busy = not (await self.read()).startswith(READY)
            await self.ask("ROLLBACK")
