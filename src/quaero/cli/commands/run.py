"""`quaero run`, `quaero jobs resume` and `quaero jobs rerun`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.definition_file import file_bytes
from quaero.cli.gate_options import check_one_named, gate_json_of, gate_named, gate_options
from quaero.cli.launch_options import launch_options, launch_wish
from quaero.cli.options import as_json, id_or_gate, job_id
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.models.errors import ConflictError

if TYPE_CHECKING:
    from quaero.cli.gate_options import GateName
    from quaero.cli.launch_options import LaunchWish
    from quaero.cli.live.frame import View
    from quaero.jobs.engine import Engine
    from quaero.models.definition import JobDefinition
    from quaero.models.job import Job


@click.command(cls=Command)
@click.argument("definition", metavar="DEFINITION")
@launch_options
@as_json
@pass_session
def run_definition(
    session: Session,
    definition: str,
    detach: bool,
    at: int | None,
    delay: int | None,
    priority: int,
    key: str | None,
    as_json: bool,
) -> int:
    """Run a definition: a file or the id of a stored one.

    The jobs are executed in this process, with the runs that its pre_jobs and post_jobs name. A file is kept under
    its id. A run of the definition that has not ended is resumed.

    With --detach, --at or --delay the run is only launched: `quaero worker` or `quaero serve` does the work.
    """
    from quaero.cli.running import run_to_end

    wish = launch_wish(detach, at, delay, priority, key)

    async def pick(engine: "Engine", view: "View") -> int | None:
        return await _launched(engine, await _definition(engine, definition), wish, view, session, as_json)

    return run_to_end(session, pick, as_json=as_json)


@click.command(cls=Command)
@id_or_gate
@gate_options
@click.option("--here", is_flag=True, help="Work it off here, even if others could.")
@click.option("--detach", is_flag=True, help="Leave the work to others, even if there are none.")
@as_json
@pass_session
def resume_run(
    session: Session,
    job_id: int | None,
    everything: bool,
    definition: str | None,
    type_: str | None,
    host: str | None,
    here: bool,
    detach: bool,
    as_json: bool,
) -> int:
    """Let a paused run or job go on, or go on with a run that was interrupted.

    It is worked off here, unless a worker or server is there to do it. Or let jobs of a kind go on that were paused
    by --all, --definition, --type or --host.
    """
    from quaero.cli.running import run_to_end

    gate = gate_named(everything, definition, type_, host)
    check_one_named(job_id, gate)
    if here and detach:
        raise click.UsageError("--here and --detach do not go together.", click.get_current_context())

    async def pick(engine: "Engine", view: "View") -> int | None:
        if gate is not None or job_id is None:
            await _open_gate(engine, gate, as_json)
            return None
        run = await _let_go_on(engine, job_id, session, here=here, detach=detach)
        if detach or not (here or await _nobody_else(engine, run)):
            from quaero.cli.detached import tell_detached

            await tell_detached(engine, run.id, session, as_json=as_json)
            return None
        view.say(f"resuming run {run.id}")
        return run.id

    return run_to_end(session, pick, as_json=as_json)


@click.command(cls=Command)
@job_id
@click.option("--detach", is_flag=True, help="Only launch it; workers and servers do the work.")
@as_json
@pass_session
def rerun(session: Session, job_id: int, detach: bool, as_json: bool) -> int:
    """Start a new run of what a run was launched with.

    It is worked off here, unless --detach is given. The definition is taken as it was then.
    """
    from quaero.cli.detached import tell_detached
    from quaero.cli.running import run_to_end

    async def pick(engine: "Engine", _: "View") -> int | None:
        run_id = await engine.control.rerun(job_id)
        if detach:
            await tell_detached(engine, run_id, session, as_json=as_json)
            return None
        return run_id

    return run_to_end(session, pick, as_json=as_json)


async def _launched(
    engine: "Engine",
    definition: "JobDefinition",
    wish: "LaunchWish",
    view: "View",
    session: Session,
    as_json: bool,
) -> int | None:
    """The run to work off here; None when it is left to others."""
    from quaero.cli.detached import tell_detached
    from quaero.cli.running import start_or_resume

    if not wish.detach and wish.key is None:
        return await start_or_resume(engine, definition, view, priority=wish.priority)
    run_id = await engine.control.launch(definition, key=wish.key, run_at=wish.run_at, priority=wish.priority)
    if not wish.detach:
        return run_id
    await tell_detached(engine, run_id, session, as_json=as_json)
    return None


async def _open_gate(engine: "Engine", gate: "GateName | None", as_json: bool) -> None:
    if gate is None:
        return
    await engine.control.change_gate(gate.scope, gate.key, paused=False)
    if as_json:
        print_json(gate_json_of(gate, paused=False))
    else:
        click.echo(f"{gate.text} goes on")


async def _let_go_on(engine: "Engine", job_id: int, session: Session, *, here: bool, detach: bool) -> "Job":
    """The run to go on with; a conflict where there is nothing to resume."""
    from quaero.models.job import JobKind, JobState

    job, run = await engine.store.job(job_id), await engine.control.run_of(job_id)
    if job.state is JobState.PAUSED:
        await engine.control.resume(job_id)
        return await engine.store.job(run.id)
    if run.state.final:
        remedy = f"Try again what failed in it: {session.command(f'jobs retry {run.id}')}"
        raise ConflictError(f"run {run.id} is already {run.state}", remedy=remedy)
    if run.state is JobState.PAUSED:
        remedy = f"Let that go on: {session.command(f'jobs resume {run.id}')}"
        raise ConflictError(f"job {job_id} is not paused, but its run {run.id}", remedy=remedy)
    alone = not detach and (here or await _nobody_else(engine, run))
    if job.kind is not JobKind.RUN or not alone:
        remedy = f"Watch it: {session.command(f'jobs tree {run.id} --watch')}"
        raise ConflictError(f"job {job_id} is {job.state}, not paused", remedy=remedy)
    return run


async def _nobody_else(engine: "Engine", run: "Job") -> bool:
    """Whether no living process could go on with the run."""
    from quaero.jobs.attendance import attendance

    return not (await attendance(engine.store, run.id)).complete


async def _definition(engine: "Engine", named: str) -> "JobDefinition":
    """The definition in a file of that name, else the stored one of that id."""
    file = Path(named)
    if not _means_file(file):
        return (await engine.control.definition(named)).definition
    [read] = await engine.control.read_all([(named, file_bytes(file))])
    await engine.control.keep(read)
    return read.definition


def _means_file(named: Path) -> bool:
    """No id has a dot or a slash."""
    return named.is_file() or named.suffix != "" or len(named.parts) > 1
