"""`quaero jobs wait` and `follow`: until the end."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.duration import duration
from quaero.cli.options import LARGEST_ID, as_json, job_id
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_json_line
from quaero.views.event_shapes import event_json
from quaero.views.shapes import listing
from quaero.views.text import local_time, one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.event import Recorded
    from quaero.models.job import Job
    from quaero.views.shapes import Json


@click.command(cls=Command)
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.IntRange(1, LARGEST_ID))
@click.option("--timeout", type=duration, metavar="DURATION", help='Give up after, for example, "5m".')
@as_json
@pass_session
def wait_for_jobs(session: Session, ids: tuple[int, ...], timeout: int | None, as_json: bool) -> int:
    """Wait until jobs have ended.

    The exit code is 0 if all of them completed, 1 if one failed, was cancelled or skipped, 124 if the time is up.
    """

    async def wait(engine: "Engine") -> "list[Job]":
        from asyncio import timeout as limit

        # Unknown ones are told of before the wait.
        jobs = {each: await engine.store.job(each) for each in ids}
        try:
            async with limit(None if timeout is None else timeout / 1000):
                await _until_ended(engine, jobs, as_json)
        except TimeoutError:
            pass
        return list(jobs.values())

    jobs = session.ask(wait)
    if as_json:
        print_json(listing(map(_json, jobs), len(jobs), None))
    _check_time(jobs, timeout)
    return 0 if all(job.state == "completed" for job in jobs) else 1


@click.command(cls=Command)
@job_id
@click.option(
    "--after",
    type=click.IntRange(0, LARGEST_ID),
    default=0,
    show_default=True,
    help="Only events with larger numbers.",
)
@as_json
@pass_session
def follow_run(session: Session, job_id: int, after: int, as_json: bool) -> int:
    """Print the events of a run, old and new, until its end. ID may be any job of the run.

    With --json as JSON lines. Events are numbered from 1 without a gap: `--after` goes on where one stopped. The exit
    code is 0 if the run completed, else 1.
    """

    async def follow(engine: "Engine") -> bool:
        run = await engine.control.run_of(job_id)
        async for event in engine.hub.follow(run.id, after):
            if as_json:
                print_json_line(event_json(event))
            else:
                click.echo(_line(event))
        return (await engine.store.job(run.id)).state == "completed"

    return 0 if session.ask(follow) else 1


async def _until_ended(engine: "Engine", jobs: "dict[int, Job]", as_json: bool) -> None:
    """Bring the jobs up to date until all have ended, and tell of each end."""
    from quaero.cli.live.changes import changes_of

    left = list(jobs)
    with changes_of(engine.store) as changes:
        while left:
            for each in left:
                jobs[each] = await engine.store.job(each)
            ended = [each for each in left if jobs[each].state.final]
            left = [each for each in left if each not in ended]
            if not as_json:
                _tell([jobs[each] for each in ended])
            if left:
                await changes.wait()


def _json(job: "Job") -> "Json":
    return {"id": str(job.id), "status": str(job.state), "error": job.error}


def _tell(jobs: "Sequence[Job]") -> None:
    for job in jobs:
        kind = "run" if job.kind == "run" else "job"
        error = f": {one_line(job.error)}" if job.error else ""
        click.echo(f"{kind} {job.id} {job.state}{error}")


def _check_time(jobs: "Sequence[Job]", timeout: int | None) -> None:
    from quaero.models.duration import format_duration
    from quaero.models.errors import TimeIsUpError

    still_open = [job for job in jobs if not job.state.final]
    if still_open and timeout is not None:
        states = ", ".join(f"job {job.id} is {job.state}" for job in still_open)
        raise TimeIsUpError(f"{states} after {format_duration(timeout)}")


def _line(event: "Recorded") -> str:
    data = [
        f"{key}={one_line(str(value))}"
        for key, value in event.data.items()
        if key not in ("root_id", "job_id") and value not in (None, "")
    ]
    return (
        f"{event.number}  {local_time(event.at)}  {event.type}  job {event.job_id}  {' '.join(data)}".rstrip()
    )
