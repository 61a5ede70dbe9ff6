"""Launch: a definition becomes a run with one parent job per step."""

import msgspec

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import ConflictError, KeyReusedError, UsageError
from quaero.models.job import JobKind, JobState
from quaero.models.progress import EndRule
from quaero.store.journal import Journal
from quaero.store.rows import to_json
from quaero.store.transaction import Reader, Transaction
from quaero.store.transitions.credentials import require_credentials
from quaero.store.transitions.turns import give_turns

LARGEST_PRIORITY = 1_000_000
LONGEST_KEY = 200
LATEST = 253_402_300_799_999
"""The last millisecond of the year 9999."""


class Launch(msgspec.Struct, frozen=True):
    """A definition with those that run before and after it, one after the other."""

    definition: JobDefinition
    before: "tuple[Launch, ...]" = ()
    after: "tuple[Launch, ...]" = ()


class LaunchOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`alone`: only if no other run of the definition is open. `key`: a second launch with it gives the first run.

    `request`: a hash of the request that the key came with; only the same request gets the first run.
    `run_at`: not before, in milliseconds since 1970 (0: at once). Runs with a smaller `priority` go first.
    `launched_by`: person, schedule, auto_start, rerun, pre_job or post_job; `origin_id`: the run that it repeats or
    serves.
    """

    alone: bool = False
    key: str | None = None
    request: str | None = None
    run_at: int = 0
    priority: int = 0
    launched_by: str = "person"
    origin_id: int | None = None


def launch(tx: Transaction, what: Launch, options: LaunchOptions) -> int:
    """Create the run and its parent jobs, and the runs before and after it; the id of the run."""
    _check(options)
    tx.hold(*sorted(at_most_one_open(what, options)))
    known = None if options.key is None else _run_of_key(tx, options, what.definition.id)
    if known is not None:
        return known
    if options.alone:
        require_no_open_run(tx, what.definition)
    for each in (*what.before, *what.after):
        _require_no_overlap(tx, each)
    journal = Journal(tx)
    run_id, _ = _launch_all(tx, journal, what, options, needs=None)
    journal.flush()
    return run_id


def at_most_one_open(what: Launch, options: LaunchOptions) -> set[str]:
    """Names for the definitions of which no second run may come about at the same time."""
    names = {f"launch {what.definition.id}"} if options.alone or options.key is not None else set()
    if options.request is not None:
        names.add(f"key {options.key}")  # which may come with another definition
    for each in (*what.before, *what.after):
        names |= at_most_one_open(
            each,
            msgspec.structs.replace(options, alone=not each.definition.overlap, key=None, request=None),
        )
    return names


def _check(options: LaunchOptions) -> None:
    if abs(options.priority) > LARGEST_PRIORITY:
        raise UsageError(f"a priority is a number between -{LARGEST_PRIORITY} and {LARGEST_PRIORITY}")
    if not 0 <= options.run_at <= LATEST:
        raise UsageError("a run starts at a time between 1970 and the year 9999")
    if options.key is not None and not (options.key.isprintable() and 0 < len(options.key) <= LONGEST_KEY):
        raise UsageError(f"a launch key is a line of 1 to {LONGEST_KEY} characters")


def run_of_request(reader: Reader, key: str, request: str) -> int | None:
    """The run that this request has launched with the key; `KeyReusedError` if another one has."""
    for run_id, _, known in reader.rows("run_of_key", launch_key=key):
        if known != request:
            raise KeyReusedError(
                f"this key came with another request, which started run {run_id}",
                remedy="Make a new key for each thing that you want",
            )
        return int(run_id)
    return None


def _run_of_key(tx: Transaction, options: LaunchOptions, definition_id: str) -> int | None:
    """The run that was launched with the key; it must be one of this definition, or of this request."""
    key = options.key or ""
    if options.request is not None:
        return run_of_request(tx, key, options.request)
    for run_id, of_definition, _ in tx.rows("run_of_key", launch_key=key):
        if of_definition != definition_id:
            raise ConflictError(
                f"the launch key {key} belongs to run {run_id} of {of_definition}",
                where=definition_id,
                remedy="Use another key",
            )
        return int(run_id)
    return None


def _require_no_overlap(tx: Transaction, what: Launch) -> None:
    if not what.definition.overlap:
        require_no_open_run(tx, what.definition)
    for each in (*what.before, *what.after):
        _require_no_overlap(tx, each)


def require_no_open_run(tx: Transaction, definition: JobDefinition) -> None:
    """`ConflictError` when a run of the definition has not ended."""
    if others := tx.rows("open_run_of_definition", definition_id=definition.id):
        raise ConflictError(
            f"run {others[0][0]} of this definition has not ended",
            where=definition.id,
            remedy=f"Go on with it: quaero jobs resume {others[0][0]}",
        )


def _launch_all(
    tx: Transaction, journal: Journal, what: Launch, options: LaunchOptions, needs: int | None
) -> tuple[int, int]:
    """Create a run with what goes before and after it, in a chain behind the run `needs`; its id and the last one's."""
    waits = needs is not None or bool(what.before)
    run_id = _create_run(tx, journal, what.definition, options, waits=waits)
    others = msgspec.structs.replace(options, key=None, request=None, origin_id=run_id)
    last = needs
    for each in what.before:
        _, last = _launch_all(
            tx, journal, each, msgspec.structs.replace(others, launched_by="pre_job"), needs=last
        )
    if last is not None:
        tx.rows("insert_need", run_id=run_id, needs_id=last)
    last = run_id
    for each in what.after:
        _, last = _launch_all(
            tx, journal, each, msgspec.structs.replace(others, launched_by="post_job"), needs=last
        )
    return run_id, last


def _create_run(
    tx: Transaction, journal: Journal, definition: JobDefinition, options: LaunchOptions, *, waits: bool
) -> int:
    require_credentials(tx, definition.id, definition.auth)
    state = JobState.WAITING if waits else JobState.PENDING
    [(run_id,)] = tx.rows(
        "insert_job",
        root_id=0,
        parent_id=None,
        kind=JobKind.RUN,
        type=definition.id,
        name=definition.name,
        state=state,
        priority=options.priority,
        run_at=options.run_at,
        now=tx.now,
    )
    tx.rows("set_own_root", id=run_id)
    tx.rows(
        "insert_run",
        job_id=run_id,
        definition_id=definition.id,
        definition=to_json(definition.to_json()),
        launch_key=options.key,
        launch_request=options.request,
        launched_by=options.launched_by,
        origin_id=options.origin_id,
    )
    _insert_progress(tx, run_id, run_id, None, EndRule(), definition.timeout_ms)
    journal.created(run_id, run_id, None, JobKind.RUN, definition.name, state)
    rule = EndRule.of(definition.error_tolerance)
    for index, step in enumerate(definition.steps):
        _create_step(tx, journal, run_id, index, step, rule)
    give_turns(tx, journal, run_id, definition)
    tx.rows("close_plan", parent_id=run_id)
    return int(run_id)


def _create_step(
    tx: Transaction, journal: Journal, run_id: int, index: int, step: JobStep, rule: EndRule
) -> None:
    [(step_id,)] = tx.rows(
        "insert_job",
        root_id=run_id,
        parent_id=run_id,
        kind=JobKind.PARENT,
        type=step.action,
        name=step.name,
        state=JobState.WAITING,
        priority=0,
        run_at=0,
        now=tx.now,
    )
    _insert_progress(tx, step_id, run_id, index, rule, step.timeout_ms)
    journal.created(step_id, run_id, run_id, JobKind.PARENT, step.name, JobState.WAITING)


def _insert_progress(
    tx: Transaction, job_id: int, run_id: int, step: int | None, rule: EndRule, timeout: int | None
) -> None:
    tx.rows(
        "insert_progress",
        job_id=job_id,
        root_id=run_id,
        step=step,
        max_failures=rule.max_failures,
        max_failed_percent=rule.max_percent,
        failure_action=rule.action,
        timeout=timeout,
    )
