"""The server: the application on a port, until it is told to stop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from quaero.jobs.engine import Engine
from quaero.models.errors import UsageError
from quaero.settings import Settings
from quaero.web.access import Access, access_for
from quaero.web.app import create_app
from quaero.web.protocol import Protocol
from quaero.web.sender import MOST_HEAD_BYTES

STOP_SECONDS = 5
"""How long answers that are on their way may take when the server stops."""
BACKLOG = 2_048
STUCK_SECONDS = 60
"""What was sent and is not taken for so long ends a connection."""
UNSENT_BYTES = 65_536
"""So much waits in the kernel for a slow reader; by default that can be megabytes for each."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that answers. `url`: its first page; `entry`: the same with the token, for the browser of its user."""

    url: str
    entry: str
    _task: "asyncio.Task[None]"

    async def failure(self) -> None:
        """Returns never, unless the server ends by itself: then raises why."""
        await asyncio.shield(self._task)
        raise UsageError("the server of the pages has ended by itself")


@asynccontextmanager
async def serving(engine: Engine, settings: Settings, token_file: Path) -> AsyncIterator[Serving]:
    """Serve pages and API during the block."""
    with _bound(settings.web.host, settings.web.port) as bound:
        port = bound.getsockname()[1]
        access = access_for(settings.web.host, port, settings.web.hosts, settings.web.token, token_file)
        app, web = create_app(engine, settings, access)
        server = _Server(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                proxy_headers=False,  # whom to trust is the business of the guard
                http=Protocol,
                h11_max_incomplete_event_size=MOST_HEAD_BYTES,
                timeout_graceful_shutdown=STOP_SECONDS,
                timeout_keep_alive=30,
                backlog=BACKLOG,
            )
        )
        task = asyncio.create_task(server.serve(sockets=[bound]))
        try:
            await server.up(task)
            url = _url(settings, access, port)
            yield Serving(url, f"{url}?token={access.token}", task)
        finally:
            web.closing.set()
            server.should_exit = True
            await task


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def up(self, task: "asyncio.Task[None]") -> None:
        while not self.started:
            if task.done():
                task.result()
            await asyncio.sleep(0.005)


@contextlib.contextmanager
def _bound(host: str, port: int) -> Iterator[socket.socket]:
    """A listening socket; `UsageError` where the address is taken or not one of this machine."""
    try:
        [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
            host.strip("[]"), port, type=socket.SOCK_STREAM
        )
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(
            f"{host} is no address of this machine ({error.strerror})", remedy="See: --host"
        ) from error
    with bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _keep_small(bound)
        try:
            bound.bind(address)
        except OSError as error:
            raise UsageError(
                f"port {port} of {host} cannot be used ({error.strerror})",
                remedy="Choose another one: --port N",
            ) from error
        yield bound


def _keep_small(listening: socket.socket) -> None:
    """Let readers that are slow, or stuck, cost little, where the system can do that; connections inherit it."""
    for name, value in (("TCP_USER_TIMEOUT", STUCK_SECONDS * 1_000), ("TCP_NOTSENT_LOWAT", UNSENT_BYTES)):
        if (option := getattr(socket, name, None)) is not None:
            with contextlib.suppress(OSError):
                listening.setsockopt(socket.IPPROTO_TCP, option, value)


def _url(settings: Settings, access: Access, port: int) -> str:
    host = settings.web.host
    if not access.allows_host(f"{host}:{port}"):  # bound to every address: this machine's own name for itself
        host = settings.web.hosts[0] if settings.web.hosts else "localhost"
    return f"http://{host}:{port}{settings.web.base_path}/"
