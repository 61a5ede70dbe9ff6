"""What `quaero demo` does, from the site to the search."""

import click

from quaero.cli.commands.search import print_hits
from quaero.cli.live.view import view_for
from quaero.cli.report import outcome_lines
from quaero.cli.running import work_off
from quaero.cli.session import Session
from quaero.cli.stopping import EXIT_CODE
from quaero.demo.definition import DEMO_ID, demo_definition
from quaero.demo.server import demo_site
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.document import SearchHit
from quaero.models.job import JobState
from quaero.search.query import parse_query
from quaero.views.text import one_line

QUERY = "worker killed lease"
HITS = 3
FAILED = 1

Hits = tuple[tuple[SearchHit, ...], int]


def demonstrate(session: Session, *, kept: bool) -> int:
    """Crawl the sample site into the session's database, index it, search it; the exit code.

    `kept`: the database outlives the demo, so that the next steps can be taken with it.
    """
    view = view_for(as_json=False)

    async def work(engine: Engine) -> tuple[RunSummary, Hits]:
        async with demo_site() as site:
            view.say(f"the sample site is served at {site.url}")
            summary = await work_off(engine, await _launch(engine, site.url), view)
        return summary, await engine.store.search(parse_query(QUERY), limit=HITS)

    summary, hits = session.ask(work)
    if not summary.job.state.final:
        click.echo(f"interrupted. Start again with: {session.command('demo') if kept else 'quaero demo'}")
        return EXIT_CODE
    for line in outcome_lines(summary):
        click.echo(line)
    if summary.job.state is not JobState.COMPLETED:
        return FAILED
    click.echo("The errors belong to the sample site: it has broken links, on purpose.")
    click.echo(f"\nsearch: {QUERY}\n")
    print_hits(*hits)
    for line in _keyword_lines(hits):
        click.echo(line)
    click.echo("\nnext:")
    for line in _next_steps(session, summary.job.id, hits) if kept else _first_steps():
        click.echo(f"  {line}")
    return 0 if hits[0] and summary.documents.total else FAILED


async def _launch(engine: Engine, url: str) -> int:
    """Start a run. One that an earlier demo left open is no use: its site is gone."""
    open_run = await engine.store.open_run(DEMO_ID)
    if open_run is not None:
        await engine.control.cancel(open_run)
    return await engine.control.launch(demo_definition(url))


def _keyword_lines(hits: Hits) -> list[str]:
    """What the keyword step found in the best page."""
    results = [result for hit in hits[0][:1] for result in hit.document.results]
    words = [str(each["keyword"]) for result in results for each in result.value["keywords"]]
    return [f"keywords of the first: {', '.join(map(one_line, words))}"] if words else []


def _first_steps() -> list[str]:
    return [
        "quaero demo --keep",
        "quaero crawl https://docs.python.org/3/ --max-pages 50",
        'quaero definitions new "My docs"',
    ]


def _next_steps(session: Session, run_id: int, hits: Hits) -> list[str]:
    shown = [f"documents show {hit.document.id}" for hit in hits[0][:1]]
    commands = ("search lease", *shown, "documents list", f"jobs tree {run_id}", "documents stats")
    return [session.command(command) for command in commands]
