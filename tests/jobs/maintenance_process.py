"""A process that maintains a store and kills itself on the way.

Arguments: URL, run, and which call of which function is its last.
"""

import asyncio
import importlib
import os
import signal
import sys
from typing import Any

from quaero.jobs.manager import JobManager
from quaero.jobs.manager.database_maintenance_manager import DatabaseMaintenanceManager
from quaero.jobs.worker import JobWorker
from quaero.jobs.worker.database_maintenance_worker import DatabaseMaintenanceWorker
from quaero.testing import finish, open_test_engine
from tests.kit import ScriptManager, ScriptWorker


def die_in(place: str, call: int) -> None:
    """SIGKILL when the function, named `module:function`, is called for the so-manieth time."""
    module_name, _, name = place.partition(":")
    module, calls = importlib.import_module(module_name), 0
    function = getattr(module, name)

    def deadly(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **named)

    setattr(module, name, deadly)


async def work(url: str, run_id: int) -> None:
    managers: list[JobManager] = [ScriptManager(), DatabaseMaintenanceManager()]
    workers: list[JobWorker] = [ScriptWorker(), DatabaseMaintenanceWorker()]
    async with open_test_engine(url, managers, workers) as engine:
        await finish(engine, run_id)


if __name__ == "__main__":
    url, run, place, call = sys.argv[1:]
    die_in(place, int(call))
    asyncio.run(work(url, int(run)))
