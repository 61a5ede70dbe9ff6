"""Transforms one document or file, or all of them into one file; what comes of it is stored or written to a folder."""

import asyncio
import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import zstandard

from quaero.crawler.parser_pool import ParserPool
from quaero.jobs.folders import files_of
from quaero.jobs.manager.each_document import DOCUMENT
from quaero.jobs.manager.each_file import FILE
from quaero.jobs.manager.transform_manager import CHILD_TYPE, MADE, TransformConfig, TransformManager
from quaero.jobs.worker import JobContext
from quaero.jobs.worker.transform_frames import COMMAND, Made, Raw
from quaero.jobs.worker.transform_inputs import Input, input_of
from quaero.models.document import NewDocument, content_hash
from quaero.models.errors import JobFailure
from quaero.models.job import Job
from quaero.models.outcome import LogLevel, Outcome
from quaero.transform import ENDINGS, MEDIA_TYPES, SUFFIXES
from quaero.transform.file_names import file_name
from quaero.transform.output_folder import Draft, write_result

T = TypeVar("T")

PROCESSES = min(2, os.cpu_count() or 1)
ONE_FILE = "documents.jsonl"
ZSTD_LEVEL = 3


class TransformWorker:
    """Executes `transform_document` jobs: config {"document_id": …}, {"file": …} or {"all": true}."""

    worker_type = CHILD_TYPE

    def __init__(self) -> None:
        self._processes = ParserPool(PROCESSES, command=COMMAND)

    def validate(self, job: Job) -> None:
        if not {DOCUMENT, FILE, "all"} & job.config.keys():
            raise JobFailure("the job does not say what to transform", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        if "all" in job.config:
            return await self._all_into_one(job, context)
        found = await input_of(job.config, context)
        if isinstance(found, str):
            context.log(f"left out: {found}")
            return Outcome(note=f"left out: {found}")
        made = await self._make(found, context, job.name)
        config: TransformConfig = context.config
        if config.output_dir:
            return await _into_a_file(found, made, config)
        return Outcome((await _document(found, made, context),), note=_mistakes_of(made))

    async def close(self) -> None:
        await self._processes.close()
        self._processes = ParserPool(PROCESSES, command=COMMAND)

    async def _make(self, found: Input, context: JobContext, name: str) -> Made:
        config: TransformConfig = context.config
        in_place = config.output_format == "markdown" and not config.output_dir
        raw = Raw(
            body=found.body,
            content_type=found.content_type,
            base=found.base,
            url=found.url,
            title=found.title,
            language="" if found.document is None else str(found.document.metadata.get("language") or ""),
            extract=config.extract,
            validate=config.validate_html,
            output_format=None if in_place else config.output_format,
            facts=found.facts(),
        )
        made = await self._processes.ask(raw, found.url, Made)
        for mistake in made.mistakes:
            context.log(f"{name}: {mistake}", LogLevel.WARNING)
        if made.mistakes_found > len(made.mistakes):
            context.log(f"{name}: {made.mistakes_found} mistakes in all", LogLevel.WARNING)
        return made

    async def _all_into_one(self, job: Job, context: JobContext) -> Outcome:
        """The file gets its name when it is complete; so it is written from the start after an interruption."""
        path = Path(context.config.output_dir) / ONE_FILE
        count, left_out = 0, Counter[str]()
        with await _on_disk(path, partial(Draft, path)) as draft:
            async for child in _children(job, context):
                line = await self._line(child, context)
                if line.startswith("{"):
                    count += 1
                    await _on_disk(path, partial(draft.write, line.encode("utf-8", "replace")))
                else:
                    left_out[line] += 1
            await _on_disk(path, draft.use)
        for reason, times in left_out.items():
            context.log(f"left out {times}: {reason}", LogLevel.WARNING)
        note = f"{count} lines in {path}"
        return Outcome(note=f"{note}, {left_out.total()} left out" if left_out else note)

    async def _line(self, child: Mapping[str, Any], context: JobContext) -> str:
        """A JSON object; or why there is none."""
        try:
            found = await input_of(child, context)
            if isinstance(found, str):
                return found
            return (await self._make(found, context, found.title or found.url)).written
        except JobFailure as error:
            if error.retryable:
                raise
            return error.what


async def _children(job: Job, context: JobContext) -> AsyncIterator[Mapping[str, Any]]:
    """What would be the configs of children, if each had its file."""
    config: TransformConfig = context.config
    if config.input_dir:
        for name in await asyncio.to_thread(files_of, Path(config.input_dir), config.input_pattern):
            if name.lower().endswith(ENDINGS[config.input_format]):
                yield {FILE: name}
        return
    parent = await context.control.store.job(job.parent_id or 0)
    async for document in TransformManager().documents(config, parent, context.collection):
        yield {DOCUMENT: document.id}


async def _into_a_file(found: Input, made: Made, config: TransformConfig) -> Outcome:
    folder = Path(config.output_dir)
    name = _name_of(found, config)
    source = {"title": made.title, **found.link()}
    is_new = await _on_disk(folder / name, partial(write_result, folder, name, made.written, source))
    note = f"wrote {name}" if is_new else f"{name} is as it should be"
    mistakes = _mistakes_of(made)
    return Outcome(note=f"{note}; {mistakes}" if mistakes else note)


def _name_of(found: Input, config: TransformConfig) -> str:
    """A file keeps its path, with the ending of what it becomes after its own: two files of one name stay two."""
    if found.document is None:
        ending = SUFFIXES[config.output_format]
        return found.name if found.name.endswith(ending) else f"{found.name}{ending}"
    return file_name(found.document.canonical_url, found.document.id, config.output_format)


async def _document(found: Input, made: Made, context: JobContext) -> NewDocument:
    config: TransformConfig = context.config
    said = {"description": made.description, "language": made.language}
    if found.document is None:
        return NewDocument(
            source_type="file",
            url=found.url,
            canonical_url=found.url,
            title=made.title or found.name,
            markdown=made.markdown,
            content_hash=made.content_hash if made.title else content_hash(found.name, made.markdown),
            tags=context.definition.tags,
            metadata={**said, "file": {"path": found.name}},
            source=made.source,
            media_type=found.content_type,
        )
    if config.output_format == "markdown":
        return NewDocument(
            source_type=found.document.source_type,
            url=found.document.url,
            canonical_url=found.document.canonical_url,
            title=made.title or found.document.title,
            markdown=made.markdown,
            content_hash=made.content_hash
            if made.title
            else content_hash(found.document.title, made.markdown),
            tags=context.definition.tags,
            metadata=said,
            replaces=found.document.content_hash,
        )
    return NewDocument(
        source_type=MADE,
        url=found.document.url,
        canonical_url=f"quaero:{MADE}/{found.document.id}/{config.output_format}",
        title=made.title or found.document.title,
        markdown=made.markdown,
        content_hash=content_hash(made.title, made.written),
        tags=context.definition.tags,
        metadata={**said, "source": found.link()},
        source=await asyncio.to_thread(
            zstandard.compress, made.written.encode("utf-8", "replace"), ZSTD_LEVEL
        ),
        media_type=MEDIA_TYPES[config.output_format],
    )


def _mistakes_of(made: Made) -> str:
    count = made.mistakes_found
    return f"{count} mistakes in its HTML" if count > 1 else "1 mistake in its HTML" if count else ""


async def _on_disk(path: Path, act: Callable[[], T]) -> T:
    """Do it in a thread. What a disk refuses may go another time."""
    try:
        return await asyncio.to_thread(act)
    except OSError as error:
        what = f"it cannot be written ({error.strerror or error})"
        raise JobFailure(what, code="not_written", where=str(path), retryable=True) from error
