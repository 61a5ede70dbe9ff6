"""The loop of every background part: it sleeps until it is woken, and forgets no wake."""

import asyncio

from quaero.jobs.loop import Loop

FAR_AWAY = 3_600.0
TURNS = 100
"""Of the event loop: a loop that did not sleep would use them all."""


class Steps:
    """Counts them; the first one waits until it may end."""

    def __init__(self) -> None:
        self.count = 0
        self.begun, self.may_end = asyncio.Event(), asyncio.Event()

    async def __call__(self) -> float | None:
        self.count += 1
        self.begun.set()
        await self.may_end.wait()
        return None


async def settled() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def test_a_loop_with_nothing_to_do_sleeps_until_it_is_woken() -> None:
    steps = Steps()
    loop = Loop("test", steps, interval=FAR_AWAY)
    loop.start()
    steps.may_end.set()
    await settled()
    assert steps.count == 1

    loop.wake()
    await settled()
    assert steps.count == 2
    await loop.stop()


async def test_a_wake_during_a_step_is_not_forgotten_and_many_are_one() -> None:
    steps = Steps()
    loop = Loop("test", steps, interval=FAR_AWAY)
    loop.start()
    await steps.begun.wait()
    for _ in range(5):
        loop.wake()
    steps.may_end.set()
    await settled()

    assert steps.count == 2
    await loop.stop()
