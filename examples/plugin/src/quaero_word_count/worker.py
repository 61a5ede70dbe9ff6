"""Executes `word_count_file` jobs: reads one file and hands over one document."""

import asyncio
from pathlib import Path

from quaero.jobs.worker import JobContext
from quaero.models.document import NewDocument, content_hash
from quaero.models.errors import JobFailure
from quaero.models.job import Job
from quaero.models.outcome import Outcome
from quaero_word_count.manager import CHILD_TYPE
from quaero_word_count.statistics import WordStatistics, word_statistics


class WordCountWorker:
    """A job's config is {"path": the file}."""

    worker_type = CHILD_TYPE

    def validate(self, job: Job) -> None:
        if not isinstance(job.config.get("path"), str):
            raise JobFailure("the job has no path", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        file = Path(job.config["path"])
        statistics = word_statistics(await _text_of(file), context.config.top)
        context.log(f"{statistics.words} words")
        return Outcome((_document(job, context, file, statistics),))

    async def close(self) -> None:
        """Nothing is held between jobs."""


async def _text_of(file: Path) -> str:
    """The file as text. A file that cannot be read may come back, one that is no text stays as it is."""
    try:
        return await asyncio.to_thread(file.read_text, "utf-8")
    except OSError as error:
        raise JobFailure(
            f"cannot be read ({error.strerror})", code="unreadable", where=str(file), retryable=True
        ) from error
    except UnicodeDecodeError as error:
        raise JobFailure("is not UTF-8 text", code="not_text", where=str(file)) from error


def _document(job: Job, context: JobContext, file: Path, statistics: WordStatistics) -> NewDocument:
    title = f"Words of {job.name}"
    rows = [f"| {word} | {count} |" for word, count in statistics.frequent]
    summary = f"{statistics.words} words, {statistics.distinct} different ones."
    markdown = "\n".join([f"# {title}", "", summary, "", "| word | count |", "|---|---|", *rows, ""])
    url = file.as_uri()
    return NewDocument(
        source_type="word_count",
        url=url,
        canonical_url=url,
        title=title,
        markdown=markdown,
        content_hash=content_hash(title, markdown),
        tags=context.definition.tags,
        metadata={"words": statistics.words, "distinct_words": statistics.distinct},
    )
