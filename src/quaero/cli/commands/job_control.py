"""`quaero jobs cancel`, `retry`, `delete`: steering."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json, job_id
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def cancel_job(session: Session, job_id: int, as_json: bool) -> None:
    """Cancel a job and everything open below it."""
    _steer(session, job_id, "cancelled", as_json, lambda engine: engine.control.cancel(job_id))


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def retry_job(session: Session, job_id: int, as_json: bool) -> None:
    """Try the failed and cancelled jobs of a run, step or job again.

    They are put back into the queue; `quaero jobs resume` works them off.
    """

    async def retry(engine: "Engine") -> tuple[int, int]:
        return await engine.control.retry(job_id), (await engine.control.run_of(job_id)).id

    count, run_id = session.ask(retry)
    if as_json:
        print_json({"id": str(job_id), "run_id": str(run_id), "reopened": count})
    else:
        click.echo(f"reopened {_jobs(count)}. Work them off: {session.command(f'jobs resume {run_id}')}")


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def delete_run(session: Session, job_id: int, as_json: bool) -> None:
    """Delete a run that has ended; its documents stay."""
    _steer(session, job_id, "deleted", as_json, lambda engine: engine.control.delete(job_id))


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
