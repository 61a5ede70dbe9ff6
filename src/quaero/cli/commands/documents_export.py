"""`quaero documents export`."""

import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from quaero.cli.command import Command
from quaero.cli.new_file import replacing
from quaero.cli.session import Session, pass_session
from quaero.views.shapes import Json, document_json

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine
    from quaero.models.document import Document
    from quaero.store.reads import DocumentFilter

PAGE = 100
"""Documents that are in memory at once."""

FORMATS = ("jsonl", "markdown", "geojson")
_BY_ENDING = {".geojson": "geojson", ".md": "markdown"}


@click.command(cls=Command)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    help="How documents are written; otherwise by the file's ending, and as jsonl.",
)
@click.option("--tag", help="Only documents with this tag.")
@click.option("--source", help="Only documents of this source type, for example place.")
@click.option("--url", "url_part", metavar="TEXT", help="Only documents whose URL contains this text.")
@click.option("--force", is_flag=True, help="Overwrite the file if it is there.")
@pass_session
def export_documents(
    session: Session,
    file: Path,
    form: str | None,
    tag: str | None,
    source: str | None,
    url_part: str | None,
    force: bool,
) -> None:
    """Write documents to a file: JSON lines, Markdown, GeoJSON.

    With - they go to standard output. jsonl: one JSON object a line, as documents show --json prints it. markdown:
    one after the other. geojson: the documents that have coordinates, as points for a map (RFC 7946).
    """
    from quaero.store.reads import DocumentFilter

    wanted = DocumentFilter(source_type=source, tags=() if tag is None else (tag,), url_part=url_part)
    write = _WRITERS[form or _BY_ENDING.get(file.suffix.lower(), "jsonl")]
    if str(file) == "-":
        session.ask(lambda engine: write(engine, wanted, sys.stdout.buffer))
        return
    with replacing(file, overwrite=force) as stream:
        count = session.ask(lambda engine: write(engine, wanted, stream))
    click.echo(f"wrote {count} document{'' if count == 1 else 's'} to {file}")


async def _jsonl(engine: "Engine", wanted: "DocumentFilter", stream: BinaryIO) -> int:
    count = 0
    async for document in _whole(engine, wanted):
        stream.write(_json(document_json(document) | {"markdown": document.markdown}) + b"\n")
        count += 1
    return count


async def _markdown(engine: "Engine", wanted: "DocumentFilter", stream: BinaryIO) -> int:
    """Each with its address above it and a line between two of them."""
    count = 0
    async for document in _whole(engine, wanted):
        line = "\n---\n\n" if count else ""
        text = (
            f"{line}<!-- {document.url.replace('--', '%2D%2D')} -->\n\n{(document.markdown or '').strip()}\n"
        )
        stream.write(text.encode("utf-8", "replace"))
        count += 1
    return count


async def _geojson(engine: "Engine", wanted: "DocumentFilter", stream: BinaryIO) -> int:
    from quaero.places.geojson import BEGIN, BETWEEN, END, feature_of

    count = 0
    stream.write(BEGIN)
    async for document in _documents(engine, wanted):
        feature = feature_of(document)
        if feature is not None:
            stream.write((BETWEEN if count else b"") + b"\n" + _json(feature))
            count += 1
    stream.write(END)
    return count


Write = Callable[["Engine", "DocumentFilter", BinaryIO], Awaitable[int]]
_WRITERS: dict[str, Write] = {"jsonl": _jsonl, "markdown": _markdown, "geojson": _geojson}


async def _documents(engine: "Engine", wanted: "DocumentFilter") -> "AsyncIterator[Document]":
    """In the order of their ids, without Markdown."""
    after = 0
    while page := await engine.store.matching_documents(wanted, after=after, limit=PAGE):
        for document in page:
            yield document
        after = page[-1].id


async def _whole(engine: "Engine", wanted: "DocumentFilter") -> "AsyncIterator[Document]":
    """The same with Markdown; what is deleted meanwhile is left out."""
    from quaero.models.errors import NotFoundError

    async for document in _documents(engine, wanted):
        try:
            yield await engine.store.document(document.id)
        except NotFoundError:
            continue


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
