"""`quaero db status`, `check`, `maintain`."""

from typing import TYPE_CHECKING, Any

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.models.measures import seconds_text, size_text
from quaero.models.moment import iso_time
from quaero.views.text import local_time, one_line

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.maintenance import Maintained
    from quaero.store.check import Finding
    from quaero.views.shapes import Json

DAMAGED = 1
SIZES = {"bytes": "size", "wal_bytes": "write-ahead log", "free_bytes": "free inside"}
"""What numbers of bytes are called for people."""
TIMES = ("last_backup", "last_restore", "last_maintenance")


@click.command(cls=Command)
@as_json
@pass_session
def database_status(session: Session, as_json: bool) -> None:
    """Where the database is and what it holds."""
    status, times, maintained = session.ask(_status)
    if as_json:
        told = {name: each | {"at": iso_time(each["at"])} for name, each in maintained.items()}
        print_json(status | {name: iso_time(times.get(name)) for name in TIMES} | {"maintenance": told})
        return
    shown = {name: size_text(int(str(value))) if name in SIZES else value for name, value in status.items()}
    shown |= {name: local_time(times[name]) if name in times else "never" for name in TIMES}
    for name, value in shown.items():
        click.echo(f"{SIZES.get(name, name.replace('_', ' '))}:".ljust(18) + one_line(str(value)))


@click.command(cls=Command)
@as_json
@pass_session
def check_database(session: Session, as_json: bool) -> int:
    """Check that the database is sound. Ends with 1 when it is not.

    Looks for damaged pages, a full-text index that does not fit, and violated invariants of the job trees; says of each
    what it means, where it may come from, and what to do.
    """
    findings = session.ask(lambda engine: engine.store.check())
    if as_json:
        print_json({"sound": not findings, "findings": [_finding_json(finding) for finding in findings]})
        return DAMAGED if findings else 0
    explained: set[str] = set()
    for finding in findings:
        click.echo(f"{finding.invariant}: {one_line(finding.text)}")
        explanation = finding.explanation
        if explanation.meaning not in explained:
            explained.add(explanation.meaning)
            for line in (
                f"What should hold: {explanation.meaning}",
                f"Possible cause: {explanation.cause}",
                f"What to do: {explanation.remedy}",
            ):
                click.echo(f"    {line}")
    click.echo(f"{len(findings)} found" if findings else "ok: the database is sound")
    return DAMAGED if findings else 0


@click.command(cls=Command)
@click.option(
    "--vacuum", is_flag=True, help="Also write a whole file anew; no other process may have it open."
)
@click.option("--dry-run", is_flag=True, help="Only count what would be deleted.")
@as_json
@pass_session
def maintain_database(session: Session, vacuum: bool, dry_run: bool, as_json: bool) -> None:
    """Delete what is old, tidy up, give space back; beside running work.

    How long runs, their events and their log lines are kept is set by `retention.runs`, `retention.events`,
    `retention.logs` and their like; nothing is deleted unless they are set. Documents and runs that have not ended
    always stay. The system definition `database-maintenance` does more, as a run that can be scheduled.
    """
    import msgspec

    from quaero.store.maintenance import maintain
    from quaero.store.pruning import would_prune

    keep = session.settings().retention
    if dry_run:
        found = session.ask(lambda engine: would_prune(engine.store, keep))
        if as_json:
            print_json(msgspec.structs.asdict(found))
        else:
            click.echo(f"would delete {found}")
        return
    done: list[Maintained] = []

    async def work(engine: "Engine") -> None:
        async for each in maintain(engine.store, keep, vacuum=vacuum):
            done.append(each)
            if not as_json:
                sizes = f"{size_text(each.bytes_before)} → {size_text(each.bytes_after)}"
                click.echo(f"{each.operation:<11} {seconds_text(each.seconds):>8}  {sizes:<22}  {each.text}")

    session.ask(work)
    if as_json:
        print_json({"operations": [_maintained_json(each) for each in done]})


async def _status(engine: "Engine") -> "tuple[Json, dict[str, int], dict[str, dict[str, Any]]]":
    from quaero.models.job import OPEN_STATES, JobKind
    from quaero.store.reads import DocumentFilter, JobFilter

    store = engine.store
    runs = JobFilter(kind=JobKind.RUN)
    open_runs = JobFilter(kind=JobKind.RUN, states=tuple(sorted(OPEN_STATES)))
    status: Json = {
        **await store.facts(),
        "documents": (await store.documents(DocumentFilter(), limit=1)).total,
        "definitions": len(await store.definitions()),
        "runs": (await store.jobs(runs, limit=1)).total,
        "open_runs": (await store.jobs(open_runs, limit=1)).total,
        "jobs": (await store.jobs(JobFilter(), limit=1)).total,
    }
    times = {f"last_{what}": at for what, (at, _) in (await store.upkeep()).items()}
    return status, times, await store.maintained()


def _finding_json(finding: "Finding") -> "Json":
    explanation = finding.explanation
    return {
        "invariant": finding.invariant,
        "text": finding.text,
        "meaning": explanation.meaning,
        "cause": explanation.cause,
        "remedy": explanation.remedy,
    }


def _maintained_json(done: "Maintained") -> "Json":
    return {
        "operation": done.operation,
        "text": done.text,
        "seconds": round(done.seconds, 3),
        "bytes_before": done.bytes_before,
        "bytes_after": done.bytes_after,
    }
