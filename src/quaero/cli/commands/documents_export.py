"""`quaero documents export`."""

import sys
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from quaero.cli.command import Command
from quaero.cli.new_file import replacing
from quaero.cli.session import Session, pass_session
from quaero.views.document_export import FORMATS, Export

if TYPE_CHECKING:
    from quaero.jobs.engine import Engine

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
    form = form or _BY_ENDING.get(file.suffix.lower(), "jsonl")

    def write(engine: "Engine", stream: BinaryIO) -> Awaitable[int]:
        return _write(Export(engine.store, wanted, form), stream)

    if str(file) == "-":
        session.ask(lambda engine: write(engine, sys.stdout.buffer))
        return
    with replacing(file, overwrite=force) as stream:
        count = session.ask(lambda engine: write(engine, stream))
    click.echo(f"wrote {count} document{'' if count == 1 else 's'} to {file}")


async def _write(export: Export, stream: BinaryIO) -> int:
    async for piece in export:
        stream.write(piece)
    return export.count
