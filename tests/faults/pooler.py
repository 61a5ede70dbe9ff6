"""A pooler in transaction mode: each transaction of a client gets another connection to the server.

It speaks just enough of the protocol for that: clients are let in without a question, nothing is encrypted.
"""

import asyncio
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
            self._free.append(await self._connect())
        self._listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._port = self._listening.sockets[0].getsockname()[1]

    async def _connect(self) -> "_Connection":
        connection = await _Connection.open(self._server.hostname, self._server.port)
        self._greeting = await connection.start(self._server.username, self._server.path.lstrip("/"))
        self._all.append(connection)
        return connection

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
        first = await client.next()
        if first.startswith(b"X"):
            raise _Goodbye
        async with self._taken() as server:
            server.writer.write(first)
            answering = asyncio.create_task(_answer(server, client))
            try:
                await _ask_until(answering, client, server)
            finally:
                answering.cancel()
        self.transactions += 1

    @asynccontextmanager
    async def _taken(self) -> AsyncIterator["_Connection"]:
        """The connection that was used the longest time ago; another one comes in its place if something went wrong."""
        async with self._waiting:
            await self._waiting.wait_for(lambda: self._free)
            server = self._free.popleft()
        try:
            yield server
        except BaseException:
            server.writer.close()
            self._all.remove(server)
            server = await self._connect()
            raise
        finally:
            self._free.append(server)
            async with self._waiting:
                self._waiting.notify()


class _Goodbye(Exception):
    pass


async def _answer(server: "_Connection", client: "_Connection") -> None:
    """Forward what the server says until it is idle."""
    answer = b""
    while not (answer.startswith(READY) and answer.endswith(IDLE)):
        answer = await server.read()
        client.writer.write(answer)
    await client.writer.drain()


async def _ask_until(answered: "asyncio.Task[None]", client: "_Connection", server: "_Connection") -> None:
    """Forward what the client says; what it says after the end belongs to its next transaction."""
    while not answered.done():
        await asyncio.wait({answered, client.reading()}, return_when=asyncio.FIRST_COMPLETED)
        if not answered.done():
            server.writer.write(await client.next())
    await answered


class _Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer
        self._reading: asyncio.Task[bytes] | None = None

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

    def reading(self) -> "asyncio.Task[bytes]":
        """The next message, when it has come."""
        if self._reading is None:
            self._reading = asyncio.create_task(self.read())
        return self._reading

    async def next(self) -> bytes:
        reading, self._reading = self.reading(), None
        return await reading

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
