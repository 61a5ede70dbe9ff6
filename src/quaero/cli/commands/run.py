"""`quaero run` and `quaero jobs resume`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.definition_file import file_bytes
from quaero.cli.options import as_json, job_id
from quaero.cli.session import Session, pass_session
from quaero.models.errors import ConflictError

if TYPE_CHECKING:
    from quaero.cli.live.frame import View
    from quaero.jobs.engine import Engine
    from quaero.models.definition import JobDefinition


@click.command(cls=Command)
@click.argument("definition", metavar="DEFINITION")
@as_json
@pass_session
def run_definition(session: Session, definition: str, as_json: bool) -> int:
    """Run a definition: a file or the id of a stored one.

    The jobs are executed in this process. A file is kept under its id. A run of the definition that has not ended
    is resumed.
    """
    from quaero.cli.running import run_to_end, start_or_resume

    async def pick(engine: "Engine", view: "View") -> int:
        return await start_or_resume(engine, await _definition(engine, definition), view)

    return run_to_end(session, pick, as_json=as_json)


@click.command(cls=Command)
@job_id
@as_json
@pass_session
def resume_run(session: Session, job_id: int, as_json: bool) -> int:
    """Go on with a run that has not ended, here."""
    from quaero.cli.running import run_to_end

    async def pick(engine: "Engine", view: "View") -> int:
        run = await engine.control.run_of(job_id)
        if run.state.final:
            remedy = f"Try again what failed in it: {session.command(f'jobs retry {run.id}')}"
            raise ConflictError(f"run {run.id} is already {run.state}", remedy=remedy)
        view.say(f"resuming run {run.id}")
        return run.id

    return run_to_end(session, pick, as_json=as_json)


async def _definition(engine: "Engine", named: str) -> "JobDefinition":
    """The definition in a file of that name, else the stored one of that id."""
    file = Path(named)
    if not _means_file(file):
        return (await engine.control.definition(named)).definition
    text = file_bytes(file)
    definition = engine.control.read(text, file=named)
    await engine.control.keep(definition, source=text.decode("utf-8-sig"))
    return definition


def _means_file(named: Path) -> bool:
    """No id has a dot or a slash."""
    return named.is_file() or named.suffix != "" or len(named.parts) > 1
