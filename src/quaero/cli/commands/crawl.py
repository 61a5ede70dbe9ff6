"""`quaero crawl`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.duration import duration
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session

if TYPE_CHECKING:
    from quaero.cli.live.frame import View
    from quaero.jobs.definitions.quick_crawl import CrawlOptions
    from quaero.jobs.engine import Engine


@click.command(cls=Command)
@click.argument("urls", metavar="URL", nargs=-1, required=True)
@click.option(
    "--max-pages", type=click.IntRange(1), default=100, show_default=True, help="Documents to store."
)
@click.option(
    "--max-depth", type=click.IntRange(0), default=2, show_default=True, help="Links from a URL given."
)
@click.option("--include", metavar="REGEX", multiple=True, help="Only URLs that match; may be repeated.")
@click.option("--exclude", metavar="REGEX", multiple=True, help="No URLs that match; may be repeated.")
@click.option("--concurrency", type=click.IntRange(1, 64), help="Pages fetched at once.  [default: 8]")
@click.option("--tag", "tags", multiple=True, help="Put on every document; may be repeated.")
@click.option("--timeout", type=duration, metavar="DURATION", help='Of the whole run, for example "30m".')
@click.option("--auth", metavar="NAME", help="Stored credentials to show: quaero auth list.")
@click.option("--ignore-robots", is_flag=True, help="Do not ask robots.txt.")
@click.option(
    "--save-as",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the crawl as a definition file.",
)
@as_json
@pass_session
def crawl(
    session: Session,
    urls: tuple[str, ...],
    max_pages: int,
    max_depth: int,
    include: tuple[str, ...],
    exclude: tuple[str, ...],
    concurrency: int | None,
    tags: tuple[str, ...],
    timeout: int | None,
    auth: str | None,
    ignore_robots: bool,
    save_as: Path | None,
    as_json: bool,
) -> int:
    """Crawl a site from one or more URLs, within their hosts.

    The same command again goes on with a crawl that was interrupted; after one that has ended it fetches what
    changed.
    """
    from quaero.cli.running import run_to_end
    from quaero.jobs.definitions.quick_crawl import CrawlOptions

    user_agent = session.settings().crawler.user_agent or None
    options = CrawlOptions(
        urls,
        max_pages,
        max_depth,
        include,
        exclude,
        concurrency,
        tags,
        timeout,
        ignore_robots,
        user_agent,
        auth,
    )

    async def pick(engine: "Engine", view: "View") -> int:
        return await _start(engine, view, options, save_as)

    return run_to_end(session, pick, as_json=as_json)


async def _start(engine: "Engine", view: "View", options: "CrawlOptions", save_as: Path | None) -> int:
    from quaero.cli.crawl_options import as_option
    from quaero.cli.new_file import write_new
    from quaero.cli.running import start_or_resume
    from quaero.jobs.definitions.quick_crawl import InvalidOptions, quick_crawl
    from quaero.jobs.definitions.reader import InvalidDefinition

    try:
        new = await quick_crawl(engine.control, options)
    except InvalidDefinition as error:
        raise InvalidOptions(tuple(map(as_option, error.complaints))) from error
    if save_as is not None:
        write_new(save_as, new.source)
    await engine.control.keep(new)
    return await start_or_resume(engine, new.definition, view)
