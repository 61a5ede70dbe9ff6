"""`quaero db`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import one_line, print_json

if TYPE_CHECKING:
    from quaero.cli.shapes import Json
    from quaero.jobs.engine import Engine

DAMAGED = 1


@click.command(cls=Command)
@as_json
@pass_session
def database_status(session: Session, as_json: bool) -> None:
    """Where the database is and what it holds."""
    status = session.ask(_status)
    if as_json:
        print_json(status)
        return
    for key, value in status.items():
        click.echo(f"{key.replace('_', ' ') + ':':<16} {one_line(str(value))}")


@click.command(cls=Command)
@as_json
@pass_session
def check_database(session: Session, as_json: bool) -> int:
    """Check that the database is sound. Ends with 1 when it is not.

    Looks for damaged pages, a full-text index that does not fit, and violated invariants of the job trees.
    """
    findings = session.ask(lambda engine: engine.store.check())
    if as_json:
        shapes = [{"invariant": finding.invariant, "text": finding.text} for finding in findings]
        print_json({"sound": not findings, "findings": shapes})
    else:
        for finding in findings:
            click.echo(f"{finding.invariant}: {one_line(finding.text)}")
        click.echo(f"{len(findings)} found" if findings else "ok: the database is sound")
    return DAMAGED if findings else 0


async def _status(engine: "Engine") -> "Json":
    from quaero.models.job import OPEN_STATES, JobKind
    from quaero.store.reads import DocumentFilter, JobFilter

    store = engine.store
    runs = JobFilter(kind=JobKind.RUN)
    open_runs = JobFilter(kind=JobKind.RUN, states=tuple(sorted(OPEN_STATES)))
    return {
        **await store.facts(),
        "documents": (await store.documents(DocumentFilter(), limit=1)).total,
        "definitions": len(await store.definitions()),
        "runs": (await store.jobs(runs, limit=1)).total,
        "open_runs": (await store.jobs(open_runs, limit=1)).total,
        "jobs": (await store.jobs(JobFilter(), limit=1)).total,
    }
