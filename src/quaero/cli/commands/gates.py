"""`quaero jobs limit` and `gates`: what holds jobs back over all processes."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.gate_options import check_exists, gate_named, gate_options
from quaero.cli.options import SignedNumber, as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.models.errors import UsageError
from quaero.views.shapes import listing
from quaero.views.system_shapes import gate_json
from quaero.views.text import gate_text

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine

MOST = 1_000_000


@click.command(cls=Command, context_settings={"ignore_unknown_options": True})
@click.argument("count", metavar="N", type=SignedNumber(0, MOST))
@gate_options
@as_json
@pass_session
def limit_jobs(
    session: Session,
    count: int,
    everything: bool,
    definition: str | None,
    type_: str | None,
    host: str | None,
    as_json: bool,
) -> None:
    """Limit how many jobs run at once, over all processes.

    N is a number of child jobs; 0 takes the limit away. What runs above a new limit may finish.
    """
    gate = gate_named(everything, definition, type_, host)
    if gate is None:
        raise UsageError(
            "what is to be limited?", remedy="Say --all, --definition ID, --type TYPE or --host NAME"
        )

    async def limit(engine: "Engine") -> None:
        if count:
            await check_exists(engine, gate)
        await engine.control.change_gate(gate.scope, gate.key, concurrency=count)

    session.ask(limit)
    if as_json:
        print_json({"scope": gate.scope, "key": gate.key or None, "concurrency": count or None})
    elif count:
        click.echo(f"{gate.text}: at most {count} job{'' if count == 1 else 's'} at once")
    else:
        click.echo(f"{gate.text}: no limit")


@click.command(cls=Command)
@as_json
@pass_session
def list_gates(session: Session, as_json: bool) -> None:
    """List what is paused or limited over all processes."""
    found = session.ask(lambda engine: engine.store.gates())
    if as_json:
        print_json(listing(map(gate_json, found), len(found), None))
        return
    if not found:
        click.echo("nothing is paused or limited", err=True)
        return
    rows = [
        (gate_text(gate.scope, gate.key), "paused" if gate.paused else "-", str(gate.concurrency or "-"))
        for gate in found
    ]
    print_table(("what", "paused", "at once"), rows)
