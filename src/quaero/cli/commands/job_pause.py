"""`quaero jobs pause`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.gate_options import check_exists, check_one_named, gate_json_of, gate_named, gate_options
from quaero.cli.options import as_json, id_or_gate
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine


@click.command(cls=Command)
@id_or_gate
@gate_options
@as_json
@pass_session
def pause_job(
    session: Session,
    job_id: int | None,
    everything: bool,
    definition: str | None,
    type_: str | None,
    host: str | None,
    as_json: bool,
) -> None:
    """Hold back a run or a pending job, or all jobs of a kind.

    Nothing of it starts any more, in no process; what runs may finish. The timeouts of a paused run stand still.
    """
    gate = gate_named(everything, definition, type_, host)
    check_one_named(job_id, gate)

    async def pause(engine: "Engine") -> str:
        if gate is not None:
            await check_exists(engine, gate)
            await engine.control.change_gate(gate.scope, gate.key, paused=True)
            return gate.text
        if job_id is not None:
            await engine.control.pause(job_id)
            job = await engine.store.job(job_id)
        return f"{'run' if job.kind == 'run' else 'job'} {job_id}"

    name = session.ask(pause)
    if as_json:
        print_json(
            gate_json_of(gate, paused=True) if gate is not None else {"id": str(job_id), "status": "paused"}
        )
    else:
        again = gate.option if gate is not None else str(job_id)
        click.echo(
            f"paused {name}; what runs may finish. Let it go on: {session.command(f'jobs resume {again}')}"
        )
