"""`quaero jobs cancel`, `retry`, `delete`, `priority`: steering."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.launch_options import MOST_PRIORITY
from quaero.cli.options import SignedNumber, as_json, job_id
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def cancel_job(session: Session, job_id: int, as_json: bool) -> None:
    """Cancel a job and everything open below it.

    Nothing of it starts any more. What runs, in whatever process, is told to stop, and is left to itself after the
    grace time.
    """
    _steer(session, job_id, "cancelled", as_json, lambda engine: engine.control.cancel(job_id))


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def retry_job(session: Session, job_id: int, as_json: bool) -> None:
    """Try the failed and cancelled jobs of a run, step or job again.

    They are put back into the queue. Workers and servers take them up; without one, `quaero jobs resume` does.
    """

    async def retry(engine: "Engine") -> tuple[int, int, bool]:
        from quaero.jobs.attendance import attendance

        count, run_id = await engine.control.retry(job_id), (await engine.control.run_of(job_id)).id
        return count, run_id, (await attendance(engine.store, run_id)).complete

    count, run_id, attended = session.ask(retry)
    if as_json:
        print_json({"id": str(job_id), "run_id": str(run_id), "reopened": count})
    elif attended:
        click.echo(f"reopened {_jobs(count)}. Watch it: {session.command(f'jobs tree {run_id} --watch')}")
    else:
        click.echo(f"reopened {_jobs(count)}. Work them off: {session.command(f'jobs resume {run_id}')}")


@click.command(cls=Command)
@job_id
@click.option("--documents", is_flag=True, help="Also the documents that no later run has seen again.")
@as_json
@pass_session
def delete_run(session: Session, job_id: int, documents: bool, as_json: bool) -> None:
    """Delete a run that has ended; its documents stay."""
    _steer(
        session,
        job_id,
        "deleted",
        as_json,
        lambda engine: engine.control.delete(job_id, documents=documents),
    )


@click.command(cls=Command, context_settings={"ignore_unknown_options": True})
@job_id
@click.argument("priority", metavar="N", type=SignedNumber(-MOST_PRIORITY, MOST_PRIORITY))
@as_json
@pass_session
def set_priority(session: Session, job_id: int, priority: int, as_json: bool) -> None:
    """Put a run, or a job among its siblings, before or behind others. Smaller N goes first."""
    session.ask(lambda engine: engine.control.set_priority(job_id, priority))
    if as_json:
        print_json({"id": str(job_id), "priority": priority})
    else:
        click.echo(f"job {job_id} has priority {priority}")


def _steer(
    session: Session, job_id: int, done: str, as_json: bool, act: "Callable[[Engine], Awaitable[int]]"
) -> None:
    count = session.ask(act)
    if as_json:
        print_json({"id": str(job_id), done: count})
    else:
        click.echo(f"{done} {_jobs(count)}")


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"
