"""Bulk operations as runs: over all jobs that match a filter, worked off in batches like any other work."""

from typing import TYPE_CHECKING

import msgspec

from quaero.models.bulk import Operation, Tally
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import ConflictError, UsageError
from quaero.models.job import JobKind
from quaero.models.placeholders import literal
from quaero.models.toml_writer import ConfigValue
from quaero.store.reads import JobFilter, Preview

if TYPE_CHECKING:
    from quaero.jobs.control import Control

ACTION = "bulk"
CHILD_TYPE = "bulk_batch"
BATCHES_A_PAGE = 1_000


class Bulk(msgspec.Struct, frozen=True, kw_only=True):
    """What to do to which jobs. `priority` belongs to that operation, `documents` to delete: those go, too."""

    operation: Operation
    wanted: JobFilter
    priority: int | None = None
    documents: bool = False

    def check(self) -> None:
        """`UsageError` when it makes no sense."""
        if self.operation is Operation.DELETE and self.wanted.kind is not JobKind.RUN:
            raise UsageError("only whole runs can be deleted", remedy="Add --root, or kind:run")
        if (self.operation is Operation.PRIORITY) != (self.priority is not None):
            raise UsageError(
                "a priority belongs to the operation priority", remedy="Add --priority N, or not"
            )
        if self.documents and self.operation is not Operation.DELETE:
            raise UsageError("documents are only deleted with their runs", remedy="Leave --documents out")


def bulk_definition(what: Bulk, *, name: str = "", expect: int | None = None) -> JobDefinition:
    """A definition of one step that does it. `expect`: only if so many jobs match when it is planned."""
    what.check()
    config: dict[str, ConfigValue] = {"operation": str(what.operation), "filter": _filter_config(what.wanted)}
    if what.priority is not None:
        config["priority"] = what.priority
    if what.documents:
        config["documents"] = True
    if expect is not None:
        config["expect"] = expect
    operation = str(what.operation)
    return JobDefinition(
        id=f"bulk-{operation}",
        name=name or f"{operation} in bulk",
        steps=(JobStep(operation, ACTION, config),),
        overlap=True,
    )


async def preview_bulk(control: "Control", what: Bulk, *, expect: int | None = None) -> Preview:
    """The jobs that match now. `ConflictError` when they are not as many as `expect`."""
    what.check()
    found = await control.store.preview(what.wanted)
    check_count(found.total, expect)
    return found


async def launch_bulk(
    control: "Control",
    what: Bulk,
    *,
    expect: int | None = None,
    key: str | None = None,
    request: str | None = None,
) -> int:
    """Start the run over the jobs that there are now; its id. `key`, `request`: see `LaunchOptions`.

    `ConflictError` when they are not as many as `expect`, or when the run itself would be held back by a pause.
    """
    found = await preview_bulk(control, what, expect=expect)
    bounded = msgspec.structs.replace(
        what, wanted=msgspec.structs.replace(what.wanted, up_to=found.newest_id)
    )
    jobs = f"{found.total} job{'' if found.total == 1 else 's'}"
    definition = bulk_definition(bounded, name=f"{what.operation} {jobs}", expect=expect)
    await _check_gates(control, definition)
    return await control.launch(definition, key=key, request=request)


async def tally_of(control: "Control", run_id: int) -> Tally:
    """What came of the jobs of a bulk run so far."""
    [step] = (await control.store.run(run_id)).definition.steps
    operation = Operation(str(step.config["operation"]))
    tally = Tally(operation)
    cursor: int | None = None
    while True:
        page = await control.store.jobs(
            JobFilter(root_id=run_id, kind=JobKind.CHILD),
            limit=BATCHES_A_PAGE,
            cursor=cursor,
            oldest_first=True,
        )
        for batch in page.items:
            tally.include(Tally.read(operation, batch.note or batch.error or ""))
        cursor = page.next_cursor
        if cursor is None:
            return tally


def check_count(count: int, expect: int | None) -> None:
    """`ConflictError` when another number of jobs was expected."""
    if expect is not None and count != expect:
        raise ConflictError(
            f"{count} {'job matches' if count == 1 else 'jobs match'}, not {expect}: nothing was changed",
            remedy="Look at them with --dry-run, then say the new number",
        )


def _filter_config(wanted: JobFilter) -> dict[str, ConfigValue]:
    """What is set of a filter, as values of a definition."""
    plain = msgspec.json.decode(msgspec.json.encode(wanted))
    return {
        key: literal(value) if isinstance(value, str) else value
        for key, value in plain.items()
        if value is not None
    }


async def _check_gates(control: "Control", definition: JobDefinition) -> None:
    mine = {
        ("all", ""): "everything",
        ("definition", definition.id): f"definition {definition.id}",
        ("type", ACTION): f"type {ACTION}",
        ("type", CHILD_TYPE): f"type {CHILD_TYPE}",
    }
    for gate in await control.store.gates():
        name = mine.get((gate.scope, gate.key))
        if gate.paused and name is not None:
            flag = "--all" if gate.scope == "all" else f"--{gate.scope} {gate.key}"
            raise ConflictError(
                f"{name} is paused: the run of the bulk operation would be held back with it",
                remedy=f"Resume first: quaero jobs resume {flag}",
            )
