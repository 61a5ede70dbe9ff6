"""A TCP proxy in front of a PostgreSQL server that does to its connections what networks do.

It runs in a thread with an event loop of its own; every command has taken effect when it returns.
"""

import asyncio
import contextlib
import socket
import struct
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from enum import Enum, auto
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from tests.postgres_server import Server

T = TypeVar("T")

CHUNK = 65_536
WAIT_SECONDS = 30.0
LOOK_AGAIN_SECONDS = 0.01
HEADER = struct.Struct("!cI")
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Fate(Enum):
    """What becomes of the COMMIT of a write transaction."""

    PASSES = auto()
    LOST = auto()  # the connection is cut before the server gets it
    REPLY_LOST = auto()  # the server commits, then the connection is cut
    HELD = auto()  # it stays here, until the connection is cut or `release` is called


class Way(Enum):
    """The direction of what is forwarded."""

    TO_SERVER = auto()
    TO_CLIENT = auto()


BOTH = frozenset(Way)

FateOf = Callable[[], Fate]


def passes() -> Fate:
    return Fate.PASSES


def by_address(server: Server, url: str) -> str:
    """The URL of a database of that server, by TCP."""
    return server.url(urlsplit(url).path.lstrip("/"), tcp=True)


class Proxy:
    """Between clients and the server at `server_url` (an address, not a socket file). A context manager.

    `fate` is asked for every COMMIT of a write transaction, in the proxy's thread.
    """

    def __init__(self, server_url: str) -> None:
        self._server = urlsplit(server_url)
        self._loop = asyncio.new_event_loop()
        self._links: set[_Link] = set()
        self._left_alone: list[_Link] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._listening: socket.socket | None = None
        self._ending = False
        self.port = 0
        self.state = _State()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self.accept()
        return self

    def __exit__(self, *_: object) -> None:
        self.refuse()
        self._run(self._end_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        """The URL of the server's database, through here; nothing is encrypted, so that it can be read."""
        user = f"{self._server.username}@" if self._server.username else ""
        path = self._server.path
        return f"postgresql://{user}127.0.0.1:{self.port}{path}?sslmode=disable&gssencmode=disable"

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._links)

    def accept(self) -> None:
        """Take new connections, always at the same port."""
        self._run(self._listen())

    def refuse(self) -> None:
        """Take no new connections: who tries is told at once that nobody listens."""
        self._run(self._stop_listening())

    def cut(self, *, reset: bool = True, server_too: bool = True) -> int:
        """End all connections, and how many that were. `reset`: by RST rather than FIN.

        Without `server_too` the server is not told: to it they look idle, until it asks.
        """
        return self._run(self._cut(reset=reset, server_too=server_too))

    def stall(self, *ways: Way) -> None:
        """Forward nothing in these directions (both by default), also on new connections; all of it is accepted."""
        self._run(self._set(stalled=frozenset(ways) or BOTH))

    def flow(self) -> None:
        """Forward again, everything that was kept back too."""
        self._run(self._set(stalled=frozenset()))

    def delay(self, milliseconds: float) -> None:
        """Keep everything back for so long, each way."""
        self._run(self._set(delay=milliseconds / 1_000))

    def drip(self, *, on: bool = True) -> None:
        """Forward one byte at a time."""
        self._run(self._set(drips=on))

    def decide(self, fate: FateOf) -> None:
        """What becomes of the next COMMITs of write transactions."""
        self._run(self._set(fate=fate))

    def once(self, fate: Fate) -> None:
        """The next COMMIT of a write transaction has this fate, the others pass."""
        left = [fate]
        self.decide(lambda: left.pop() if left else Fate.PASSES)

    def freeze_at(self, query: str) -> None:
        """The next connection over which a query comes that begins so stalls for good, before it is forwarded."""
        self.state.froze.clear()
        self._run(self._set(freezes_at=query.encode()))

    def wait_until_frozen(self) -> None:
        assert self.state.froze.wait(WAIT_SECONDS), f"no {self.state.freezes_at!r} came"

    def release(self) -> None:
        """Let held COMMITs go on."""
        self._run(self._release())

    def wait_until_held(self) -> None:
        """Until a COMMIT is held here."""
        assert self.state.holding.wait(WAIT_SECONDS), "no COMMIT came"

    @property
    def commits(self) -> int:
        """How many COMMITs of write transactions came here."""
        return self.state.commits

    def _run(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result(WAIT_SECONDS)

    async def _listen(self) -> None:
        if self._listening is None:
            self._listening = socket.create_server(("127.0.0.1", self.port))
            self._listening.setblocking(False)
            self.port = self._listening.getsockname()[1]
            self._loop.add_reader(self._listening, self._accept_one, self._listening)

    async def _stop_listening(self) -> None:
        if self._listening is not None:
            self._loop.remove_reader(self._listening)
            self._listening.close()
            self._listening = None

    def _accept_one(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            task = self._loop.create_task(self._connected(listening.accept()[0]))
            self._serving.add(task)
            task.add_done_callback(self._serving.discard)

    async def _connected(self, accepted: socket.socket) -> None:
        assert self._server.hostname
        client = await asyncio.open_connection(sock=accepted, limit=CHUNK)
        try:
            server = await asyncio.open_connection(self._server.hostname, self._server.port, limit=CHUNK)
        except OSError:
            _end(client[1], reset=True)
            return
        link = _Link(self.state, client, server)
        self._links.add(link)
        if self._ending:
            link.cut(reset=True, server_too=True)
        try:
            await link.run()
        finally:
            self._links.discard(link)
            if link.server_is_left_alone:
                self._left_alone.append(link)

    async def _cut(self, *, reset: bool, server_too: bool) -> int:
        links = tuple(self._links)
        for link in links:
            link.cut(reset=reset, server_too=server_too)
        return len(links)

    async def _end_all(self) -> None:
        self._ending = True
        while len(asyncio.all_tasks()) > 1:  # those that were about to be connected, too
            await self._cut(reset=True, server_too=True)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        for link in self._left_alone:
            link.cut(reset=True, server_too=True)
        await asyncio.sleep(0)  # so that they are closed

    async def _set(self, **values: Any) -> None:
        for name, value in values.items():
            setattr(self.state, name, value)
        self.state.changed.set()
        self.state.changed = asyncio.Event()

    async def _release(self) -> None:
        self.state.released.set()
        self.state.released = asyncio.Event()


class _State:
    """What the proxy does now, to all its connections."""

    def __init__(self) -> None:
        self.stalled: frozenset[Way] = frozenset()
        self.delay = 0.0
        self.drips = False
        self.fate: FateOf = passes
        self.freezes_at: bytes | None = None
        self.commits = 0
        self.changed, self.released = asyncio.Event(), asyncio.Event()
        self.holding, self.froze = threading.Event(), threading.Event()


class _Link:
    """One client's connection, and ours to the server for it."""

    def __init__(
        self,
        state: _State,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._state, self._client, self._server = state, client, server
        self._writes = self._reply_is_lost = self._frozen = False
        self._tasks: list[asyncio.Task[None]] = []
        self.server_is_left_alone = False

    async def run(self) -> None:
        """Forward until either side ends, then tell the other."""
        try:
            for writer in (self._client[1], self._server[1]):
                writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._tasks = [
                asyncio.create_task(self._forward(Way.TO_SERVER, self._client[0], self._server[1])),
                asyncio.create_task(self._forward(Way.TO_CLIENT, self._server[0], self._client[1])),
            ]
            await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        except OSError:
            pass  # it was cut before it began
        finally:
            self._client[1].close()
            if not self.server_is_left_alone:
                self._server[1].close()

    def cut(self, *, reset: bool, server_too: bool) -> None:
        self.server_is_left_alone = not server_too
        _end(self._client[1], reset=reset)
        if server_too:
            _end(self._server[1], reset=reset)
        for task in self._tasks:
            task.cancel()

    async def _forward(self, way: Way, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            async for message in _messages(source, of_client=way is Way.TO_SERVER):
                if await self._is_cut_by(way, message):
                    return
                self._freeze_by(way, message)
                if self._state.delay:
                    await asyncio.sleep(self._state.delay)
                while way in self._state.stalled or self._frozen:
                    await self._state.changed.wait()
                await self._send(target, message)

    async def _send(self, target: asyncio.StreamWriter, message: bytes) -> None:
        if not self._state.drips:
            target.write(message)
            return await target.drain()
        for place in range(len(message)):
            target.write(message[place : place + 1])
            await target.drain()
            await asyncio.sleep(0)
        return None

    def _freeze_by(self, way: Way, message: bytes) -> None:
        wanted = self._state.freezes_at
        if wanted is not None and way is Way.TO_SERVER and _query(message).startswith(wanted):
            self._frozen, self._state.freezes_at = True, None
            self._state.froze.set()

    async def _is_cut_by(self, way: Way, message: bytes) -> bool:
        """Whether this is where the fate of a COMMIT ends the connection."""
        if way is Way.TO_CLIENT:
            if not (self._reply_is_lost and message[HEADER.size :].startswith(b"COMMIT")):
                return False
        else:
            return await self._is_cut_by_query(_query(message))
        self.cut(reset=True, server_too=True)
        return True

    async def _is_cut_by_query(self, text: bytes) -> bool:
        if text.startswith(b"BEGIN"):
            self._writes = b"READ ONLY" not in text
        if not (text.endswith(b"COMMIT") and self._writes):
            return False
        self._state.commits += 1
        fate = self._state.fate()
        if fate is Fate.HELD:
            released = self._state.released
            self._state.holding.set()
            await released.wait()
        self._reply_is_lost = fate is Fate.REPLY_LOST
        if fate is Fate.LOST:
            self.cut(reset=True, server_too=True)
        return fate is Fate.LOST


def _query(message: bytes) -> bytes:
    """The text in a client's message that brings one, else nothing."""
    if message.startswith(b"Q"):
        return message[HEADER.size :].rstrip(b"\0")
    if message.startswith(b"P"):
        return message[HEADER.size :].split(b"\0", 2)[1]
    return b""


async def _messages(source: asyncio.StreamReader, *, of_client: bool) -> AsyncIterator[bytes]:
    """One message after the other; the first of a client has no letter."""
    if of_client:
        length = await source.readexactly(4)
        yield length + await source.readexactly(int.from_bytes(length) - 4)
    while True:
        header = await source.readexactly(HEADER.size)
        _, length_of_rest = HEADER.unpack(header)
        yield header + await source.readexactly(length_of_rest - 4)


def _end(writer: asyncio.StreamWriter, *, reset: bool) -> None:
    if reset:
        with contextlib.suppress(OSError):
            own = writer.get_extra_info("socket")
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        writer.transport.abort()
    else:
        writer.close()
