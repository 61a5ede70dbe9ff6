"""Runs of one step for the tests of the API."""

from typing import Any

from tests.kit import Script, script_definition, script_step
from tests.waiting import until
from tests.web.serving import Served


def started(served: Served, *children: Script, id: str = "test", **step: Any) -> int:  # noqa: A002
    """Start a run of one step; its id."""
    definition = script_definition(script_step(children=list(children), **step), id=id, overlap=True)
    return served.call(lambda engine: engine.control.launch(definition))


def ended(served: Served, run_id: int) -> int:
    """Wait until the run has ended, for the first time or again; its id."""

    async def wait(_: object) -> None:
        async def over() -> bool:
            return (await served.engine.store.job(run_id)).state.final

        await until(over)

    served.call(wait)
    return run_id


def done(served: Served, *children: Script, id: str = "test", **step: Any) -> int:  # noqa: A002
    """Start a run of one step and wait for its end; its id."""
    return ended(served, started(served, *children, id=id, **step))
