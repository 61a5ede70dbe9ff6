"""The one start, stop and wake that every background part uses."""

import asyncio
from collections.abc import Awaitable, Callable

Step = Callable[[], Awaitable[float | None]]


class Loop:
    """Calls `step` again and again in a task of its own.

    `step` returns how many seconds to sleep at most (None: `interval`); `wake` ends the sleep early, and a wake
    during a step is not lost. An error ends the loop; `task` then holds it.
    """

    def __init__(self, name: str, step: Step, interval: float = 1.0) -> None:
        self._name, self._step, self._interval = name, step, interval
        self._woken = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start once; again is harmless."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=self._name)

    def wake(self) -> None:
        self._woken.set()

    async def stop(self) -> None:
        """Let a step that has begun finish, then end; again is harmless."""
        self._stopping = True
        self._woken.set()
        if self._task is not None:
            await asyncio.wait([self._task])

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """The running task, to be watched for errors."""
        return self._task

    @property
    def error(self) -> BaseException | None:
        """What ended the loop, when that was an error."""
        ended = self._task is not None and self._task.done() and not self._task.cancelled()
        return self._task.exception() if ended and self._task is not None else None

    async def _run(self) -> None:
        while not self._stopping:
            self._woken.clear()
            pause = await self._step()
            if pause == 0 or self._stopping:
                continue
            try:
                async with asyncio.timeout(self._interval if pause is None else pause):
                    await self._woken.wait()
            except TimeoutError:
                pass
