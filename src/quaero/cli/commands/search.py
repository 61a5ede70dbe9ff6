"""`quaero search`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import LARGEST_ID, MOST_ITEMS, as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.views.document_shapes import hit_json
from quaero.views.shapes import listing
from quaero.views.text import one_line, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quaero.models.document import SearchHit


@click.command(cls=Command)
@click.argument("words", metavar="QUERY", nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(1, MOST_ITEMS), default=10, show_default=True, help="How many hits."
)
@click.option(
    "--offset", type=click.IntRange(0, LARGEST_ID), default=0, help="Leave out that many of the best."
)
@click.option("--explain", is_flag=True, help="Say in words how the query was understood.")
@as_json
@pass_session
def search(
    session: Session, words: tuple[str, ...], limit: int, offset: int, explain: bool, as_json: bool
) -> None:
    """Search the collected documents.

    Words, "a phrase", pre*, +must, -not, a OR b, title:word, url:part, tag:name, source:type. A query that begins
    with a hyphen comes after "--".
    """
    from quaero.search.query import parse_query

    text = " ".join(words)
    query = parse_query(text)
    hits, total = session.ask(lambda engine: engine.store.search(query, limit=limit, offset=offset))
    if as_json:
        end = offset + len(hits)
        found = listing(map(hit_json, hits), total, end if hits and end < total else None)
        print_json({"query": text, "explanation": query.describe()} | found)
        return
    if explain:
        click.echo(f"{printable(query.describe())}\n")
    print_hits(hits, total, offset)


def print_hits(hits: "Sequence[SearchHit]", total: int, offset: int = 0) -> None:
    """The hits for a person: title, address, and where the words occur."""
    if not hits:
        click.echo("Nothing found." if not total else f"Only {total} found.")
        return
    for number, hit in enumerate(hits, offset + 1):
        click.echo(f"{number}. {_title(hit.document.title)}")
        click.echo(f"   {one_line(hit.document.url)}")
        click.echo(f"   {_marked(hit.snippet)}\n")
    click.echo(f"{offset + 1} to {offset + len(hits)} of {total} found.")


def _title(title: str) -> str:
    return click.style(one_line(title) or "(no title)", bold=True)


def _marked(snippet: str) -> str:
    """The snippet with its `**` marks as bold type."""
    parts = one_line(snippet).split("**")
    return "".join(click.style(part, bold=True) if index % 2 else part for index, part in enumerate(parts))
