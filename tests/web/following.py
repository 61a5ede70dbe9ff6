"""Runs of one step, and their events as programs get them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx

from quaero.jobs.engine import Engine
from tests.kit import script_definition, script_step
from tests.web.serving import Served

ENDS = ("job_completed", "job_failed", "job_cancelled")
PROGRESS = "parent_job_progress"


def started(served: Served, *children: dict[str, Any], id: str = "test") -> int:  # noqa: A002
    """Start a run with these children; its id."""
    definition = script_definition(script_step(children=list(children)), id=id, overlap=True)
    return served.call(lambda engine: engine.control.launch(definition))


def done(served: Served, *children: dict[str, Any]) -> int:
    """The same, and wait for its end."""
    run_id = started(served, *children)

    async def to_the_end(engine: Engine) -> None:
        async for _ in engine.hub.follow(run_id):
            pass

    served.call(to_the_end)
    return run_id


def stored(served: Served, run_id: int) -> list[tuple[str, int]]:
    """Run and number of all events of a run, but for the reports of progress: of those a stream skips some."""
    events = served.call(lambda engine: engine.store.events(run_id, limit=100_000))
    return [(str(run_id), event.number) for event in events if event.type != PROGRESS]


class Message(NamedTuple):
    """A message of a stream. `key`: run and number of its event."""

    id: str
    type: str
    data: dict[str, Any]

    @property
    def key(self) -> tuple[str, int]:
        return self.data["run_id"], self.data["number"]


@contextmanager
def follow(
    client: httpx.Client, *runs: int, after: str | None = None, children: bool = True
) -> Iterator[Iterator[Message]]:
    """The messages of a stream."""
    headers = {} if after is None else {"Last-Event-ID": after}
    parameters: dict[str, Any] = {"run": list(runs), "children": children}
    with client.stream("GET", "/api/events", params=parameters, headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _messages(response.iter_lines())


def _messages(lines: Iterator[str]) -> Iterator[Message]:
    fields: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith(":"):
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "id" in fields:
            yield Message(fields["id"], fields["event"], json.loads(fields["data"]))
            fields = {}


def until_the_end(stream: Iterator[Message], *runs: int) -> list[Message]:
    """The messages up to the one that ends the last of these runs."""
    open_runs, found = {str(run_id) for run_id in runs}, []
    for message in stream:
        found.append(message)
        if message.type in ENDS:
            open_runs.discard(message.data["run_id"])
        if not open_runs:
            break
    return found


def keys(found: list[Message]) -> list[tuple[str, int]]:
    """Of the events, but for the reports of progress."""
    return [message.key for message in found if message.type not in (PROGRESS, "hello", "reset")]
