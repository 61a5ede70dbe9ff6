"""A process that takes the orchestrator's duty on the database that its argument names, says so, and does nothing."""

import asyncio
import sys
from pathlib import Path

from quaero.store.sqlite.backend import SqliteBackend
from quaero.store.store import Store
from quaero.store.transitions.duties import ORCHESTRATOR

FOR_EVER_MS = 10**12


async def main() -> None:
    store = Store(SqliteBackend(Path(sys.argv[1])))
    print(await store.take_duty(ORCHESTRATOR, FOR_EVER_MS), flush=True)  # noqa: T201 - what the parent waits for
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
