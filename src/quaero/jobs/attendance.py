"""Who is there to work on a run."""

from dataclasses import dataclass

from quaero.store.reads import Process
from quaero.store.store import Store


@dataclass(frozen=True, slots=True)
class Attendance:
    """The living processes that take jobs of a run, and the types of its pending jobs that none of them takes."""

    processes: tuple[Process, ...]
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether the run can go on without anybody else."""
        return bool(self.processes) and not self.missing


async def attendance(store: Store, run_id: int) -> Attendance:
    """A process that works on one run alone also comes to those that were launched together with it."""
    together = await store.chain(run_id)
    present = tuple(
        process
        for process in await store.processes()
        if process.types and (process.root_id is None or process.root_id in together)
    )
    taken = {type_ for process in present for type_ in process.types}
    missing = tuple(type_ for type_ in await store.pending_types(run_id) if type_ not in taken)
    return Attendance(present, missing)
