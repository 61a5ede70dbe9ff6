"""A real server in a thread of its own, and ways to ask it: as a program, and as a browser."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import httpx

from quaero.jobs.engine import Engine
from quaero.jobs.manager.bulk_manager import BulkManager
from quaero.jobs.worker.bulk_worker import BulkWorker
from quaero.settings import Settings, WebSettings, database_url
from quaero.testing import open_test_engine
from quaero.web.access import Access
from quaero.web.server import Serving, serving
from tests.kit import ScriptManager, ScriptWorker

T = TypeVar("T")
SECONDS = 30
TOKEN = "a-token-for-tests-only"  # noqa: S105 - it opens nothing else


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers at `url` (without a slash at its end). `entry`: the address that its user opens.

    `engine` lives in the loop of the server: use it by `call`. `worker` plays the scripts of `tests.kit`.
    """

    url: str
    entry: str
    engine: Engine
    worker: ScriptWorker
    loop: asyncio.AbstractEventLoop

    def call(self, question: Callable[[Engine], Awaitable[T]]) -> T:
        """Await `question(engine)` in the loop of the server."""

        async def asked() -> T:
            async with asyncio.timeout(SECONDS):
                return await question(self.engine)

        return asyncio.run_coroutine_threadsafe(asked(), self.loop).result(SECONDS + 5)

    def client(self, *, token: str | None = TOKEN, **headers: str) -> httpx.Client:
        """Asks as a program does; `token` None: as a stranger."""
        shown = {} if token is None else {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=shown | headers, timeout=SECONDS, trust_env=False)


@contextmanager
def served_at(
    database: str, *, working: bool = True, installed: bool = False, web: WebSettings | None = None
) -> Iterator[Served]:
    """Serve a database. `working`: its jobs are executed here, too; `installed`: by the real kinds of work."""
    ready = threading.Event()
    state: dict[str, object] = {}
    worker = ScriptWorker()

    async def run() -> None:
        async with AsyncExitStack() as stack:
            scripted = {"managers": [ScriptManager(), BulkManager()], "workers": [worker, BulkWorker()]}
            kinds = {} if installed else scripted
            engine = await stack.enter_async_context(open_test_engine(database, **kinds))  # type: ignore[arg-type]
            if working:
                await stack.enter_async_context(engine.working(role="server"))
            settings = Settings(
                database_url(database, Path.cwd()), web=replace(web or WebSettings(), port=0, token=TOKEN)
            )
            serves = await stack.enter_async_context(serving(engine, settings, Path("unused")))
            stop = asyncio.Event()
            state.update(serving=serves, engine=engine, stop=stop, loop=asyncio.get_running_loop())
            ready.set()
            await stop.wait()

    def in_thread() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:  # noqa: BLE001 - raised in the test
            state["error"] = error
        finally:
            ready.set()

    thread = threading.Thread(target=in_thread, name="server of a test")
    thread.start()
    ready.wait(SECONDS)
    try:
        if "error" not in state:
            serves, loop = state["serving"], state["loop"]
            assert isinstance(serves, Serving)
            assert isinstance(loop, asyncio.AbstractEventLoop)
            yield Served(serves.url.rstrip("/"), serves.entry, state["engine"], worker, loop)  # type: ignore[arg-type]
    finally:
        if (stop := state.get("stop")) is not None:
            state["loop"].call_soon_threadsafe(stop.set)  # type: ignore[attr-defined]
        thread.join(SECONDS)
        assert not thread.is_alive(), "the server does not stop"
        if "error" in state:
            raise state["error"]  # type: ignore[misc]


def access() -> Access:
    """The access rules of such a server, but for its port."""
    return Access(TOKEN, frozenset({"127.0.0.1", "localhost"}))
