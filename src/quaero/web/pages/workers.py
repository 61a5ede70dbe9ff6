"""Who works on what, what holds it back, and how the store is."""

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from quaero.models.job import OPEN_STATES, Job, JobKind
from quaero.store.reads import DocumentFilter, JobFilter, Process
from quaero.store.transitions.gates import LARGEST_LIMIT, Gate
from quaero.views.text import gate_text
from quaero.views.versions import warning_of
from quaero.web.state import Web, WebState

router = APIRouter()

JOBS: Final = 500
JOBS_OF_EACH: Final = 20
SIZES: Final = {"bytes": "size", "wal_bytes": "write-ahead log", "free_bytes": "free inside"}
"""What numbers of bytes are called for people."""
UPKEEP: Final = ("backup", "restore", "maintenance")


@dataclass(frozen=True, slots=True)
class AtWork:
    """A process with some of the jobs that it has in its hands, and what it does for all."""

    process: Process
    jobs: tuple[Job, ...]
    duties: tuple[str, ...]

    @property
    def more(self) -> int:
        return max(self.process.running - len(self.jobs), 0)


@dataclass(frozen=True, slots=True)
class GateRow:
    """A pause or limit, with what its buttons send."""

    gate: Gate

    @property
    def text(self) -> str:
        return gate_text(self.gate.scope, self.gate.key)

    @property
    def turned(self) -> str:
        return self._body(paused=not self.gate.paused)

    @property
    def without_limit(self) -> str:
        return self._body(concurrency=0)

    def _body(self, **change: bool | int) -> str:
        named = {"key": self.gate.key} if self.gate.key else {}
        return json.dumps({"scope": self.gate.scope, **named, **change})


@router.get("/workers")
async def workers(web: WebState) -> Response:
    store = web.engine.store
    processes = await store.processes()
    held = await store.held_jobs(limit=JOBS)
    present = {process.owner for process in processes}
    registry = web.engine.registry
    context = {
        "here": "/workers",
        "at_work": await _at_work(web, processes, held),
        "warning": warning_of(processes),
        "lost": [job for job in held if job.lease_owner not in present],
        "gates": [GateRow(gate) for gate in await store.gates()],
        "largest_limit": LARGEST_LIMIT,
        "queued": await store.queued(),
        "types": sorted({*registry.managers, *registry.workers}),
        "definitions": [each.definition.id for each in await web.engine.control.definitions()],
        "can_be_maintained": "database_maintenance" in registry.managers,
        "store": await _store_facts(web),
        "upkeep": {what: (await store.upkeep()).get(what, (None, ""))[0] for what in UPKEEP},
        "maintained": await store.maintained(),
    }
    return web.rendering.page("workers.html", context)


async def _at_work(web: Web, processes: tuple[Process, ...], held: tuple[Job, ...]) -> list[AtWork]:
    in_hand: defaultdict[str | None, list[Job]] = defaultdict(list)
    for job in held:
        in_hand[job.lease_owner].append(job)
    duties: defaultdict[str, list[str]] = defaultdict(list)
    for name, owner in (await web.engine.store.duties()).items():
        duties[owner].append(name)
    return [
        AtWork(
            process,
            tuple(in_hand[process.owner][:JOBS_OF_EACH]),
            tuple(sorted(duties.get(process.owner, ()))),
        )
        for process in processes
    ]


async def _store_facts(web: Web) -> dict[str, tuple[str, Any]]:
    """What the store is and holds, by the words for people: each with how it is to be shown."""
    store = web.engine.store
    facts: dict[str, tuple[str, Any]] = {
        SIZES.get(name, name.replace("_", " ")): ("size" if name in SIZES else "text", value)
        for name, value in (await store.facts()).items()
    }
    runs = JobFilter(kind=JobKind.RUN)
    still_open = JobFilter(kind=JobKind.RUN, states=tuple(sorted(OPEN_STATES)))
    counts = {
        "documents": (await store.documents(DocumentFilter(), limit=1)).total,
        "definitions": len(await store.definitions()),
        "runs": (await store.jobs(runs, limit=1)).total,
        "open runs": (await store.jobs(still_open, limit=1)).total,
    }
    return facts | {name: ("number", count) for name, count in counts.items()}
