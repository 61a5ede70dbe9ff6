"""`quaero documents`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import LARGEST_ID, as_json, page, print_next_page
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json, print_table
from quaero.views.document_shapes import (
    document_json,
    document_version_json,
    source_json,
    whole_document_json,
    whole_version_json,
)
from quaero.views.shapes import listing
from quaero.views.text import local_time, printable

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.document import Document
    from quaero.store.document_reads import DocumentVersion
    from quaero.store.reads import SourceStats


@click.command(cls=Command)
@click.option("--tag", help="Only documents with this tag.")
@click.option("--source", help="Only documents of this source type, for example crawler.")
@click.option("--url", "url_part", metavar="TEXT", help="Only documents whose URL contains this text.")
@page
@as_json
@pass_session
def list_documents(
    session: Session,
    tag: str | None,
    source: str | None,
    url_part: str | None,
    limit: int,
    cursor: int | None,
    as_json: bool,
) -> None:
    """List documents."""
    from quaero.store.reads import DocumentFilter

    wanted = DocumentFilter(source_type=source, tags=() if tag is None else (tag,), url_part=url_part)
    found = session.ask(lambda engine: engine.store.documents(wanted, limit=limit, cursor=cursor))
    if as_json:
        print_json(listing(map(document_json, found.items), found.total, found.next_cursor))
        return
    rows = [(str(each.id), local_time(each.updated_at), each.title, each.url) for each in found.items]
    print_table(("id", "updated", "title", "url"), rows)
    print_next_page(found.next_cursor, len(found.items), found.total)


@click.command(cls=Command)
@click.argument("document", metavar="ID|URL")
@click.option(
    "--version", "number", type=click.IntRange(1, LARGEST_ID), metavar="N", help="As it was in this version."
)
@as_json
@pass_session
def show_document(session: Session, document: str, number: int | None, as_json: bool) -> None:
    """Print a document as Markdown, then what agents found in it."""
    if number is not None:
        _show_version(session, document, number, as_json)
        return
    found = session.ask(lambda engine: _document(engine, document))
    if as_json:
        print_json(whole_document_json(found))
        return
    from quaero.cli.result_text import result_lines

    _print_markdown(found.markdown)
    for result in found.results:
        click.echo()
        for line in result_lines(result):
            click.echo(line)


def _show_version(session: Session, document: str, number: int, as_json: bool) -> None:
    async def ask(engine: "Engine") -> "DocumentVersion":
        return await engine.store.document_version((await _document(engine, document)).id, number)

    version = session.ask(ask)
    if as_json:
        print_json(whole_version_json(version))
    else:
        _print_markdown(version.markdown)


def _print_markdown(markdown: str | None) -> None:
    for line in (markdown or "").splitlines():
        click.echo(printable(line))


@click.command(cls=Command)
@click.argument("document", metavar="ID|URL")
@as_json
@pass_session
def document_versions(session: Session, document: str, as_json: bool) -> None:
    """List what a document is and was, the present version first.

    When its content changes, what it was is kept: the last 20 versions. `quaero documents show ID --version 2` prints
    the second.
    """

    async def ask(engine: "Engine") -> "tuple[DocumentVersion, ...]":
        return await engine.store.document_versions((await _document(engine, document)).id)

    versions = session.ask(ask)
    if as_json:
        print_json(listing(map(document_version_json, versions), len(versions), None))
        return
    rows = [
        (str(each.number), local_time(each.at), str(each.characters), str(each.root_id or "-"), each.title)
        for each in versions
    ]
    print_table(("version", "since", "characters", "replaced by run", "title"), rows)


@click.command(cls=Command)
@click.argument("document", metavar="ID|URL")
@click.argument("before", metavar="[N]", type=click.IntRange(1, LARGEST_ID), required=False)
@click.argument("after", metavar="[M]", type=click.IntRange(1, LARGEST_ID), required=False)
@pass_session
def document_difference(session: Session, document: str, before: int | None, after: int | None) -> None:
    """Print what has changed in a document.

    That is what version M has otherwise than version N.

    Without M: the present version. Without both: what its last change was.
    """
    from quaero.views.document_diff import pair_of, unified

    async def ask(engine: "Engine") -> "tuple[DocumentVersion, DocumentVersion]":
        return await pair_of(engine.store, (await _document(engine, document)).id, before, after)

    for line in unified(*session.ask(ask)):
        click.echo(printable(line))


@click.command(cls=Command)
@as_json
@pass_session
def document_stats(session: Session, as_json: bool) -> None:
    """How much there is, by source and tag."""
    sources, tags = session.ask(_stats)
    if as_json:
        total = sum(each.documents for each in sources)
        print_json({"documents": total, "sources": list(map(source_json, sources)), "tags": tags})
        return
    rows = [
        (each.source_type, str(each.documents), str(each.characters), local_time(each.updated_at))
        for each in sources
    ]
    print_table(("source", "documents", "characters", "updated"), rows)
    if tags:
        click.echo()
        print_table(("tag", "documents"), [(tag, str(count)) for tag, count in tags.items()])


@click.command(cls=Command)
@click.argument("documents", metavar="ID|URL", nargs=-1, required=True)
@as_json
@pass_session
def delete_documents(session: Session, documents: tuple[str, ...], as_json: bool) -> None:
    """Delete documents. When one of them does not exist, none is deleted."""

    async def delete(engine: "Engine") -> list[int]:
        found = [(await _document(engine, each)).id for each in documents]
        for document_id in dict.fromkeys(found):
            await engine.store.delete_document(document_id)
        return list(dict.fromkeys(found))

    deleted = session.ask(delete)
    if as_json:
        print_json({"deleted": [str(document_id) for document_id in deleted]})
    else:
        click.echo(f"deleted {len(deleted)} document{'' if len(deleted) == 1 else 's'}")


async def _document(engine: "Engine", name: str) -> "Document":
    """A document by its id, or by its URL."""
    if name.isascii() and name.isdigit() and len(name) < 19:
        return await engine.store.document(int(name))
    return await engine.store.document_by_url(name)


async def _stats(engine: "Engine") -> "tuple[tuple[SourceStats, ...], dict[str, int]]":
    return await engine.store.document_stats(), await engine.store.tags()
