"""Work on runs side by side, one piece a run at a time: a run that somebody holds up holds up no other."""

import asyncio
from collections.abc import Awaitable, Callable


class ByRun:
    """`work(root_id)` in a task for each run. `woken` is called when one failed; `check` raises its error."""

    def __init__(self, work: Callable[[int], Awaitable[None]], woken: Callable[[], None]) -> None:
        self._work, self._woken = work, woken
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._error: BaseException | None = None

    def start(self, root_id: int) -> None:
        """Unless it is being done."""
        if root_id not in self._tasks:
            self._tasks[root_id] = asyncio.create_task(self._do(root_id), name=f"run {root_id}")

    def check(self) -> None:
        """Raise the first error that there was."""
        if self._error is not None:
            raise self._error

    async def wait(self) -> None:
        """Until all that was started is done; raises the first error."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
        self.check()

    async def _do(self, root_id: int) -> None:
        try:
            await self._work(root_id)
        except Exception as error:  # noqa: BLE001 - it is raised where somebody waits for it
            self._error = self._error or error
            self._woken()
        finally:
            del self._tasks[root_id]
