"""Jobs of several kinds whose cost is known from what they leave behind: nothing, a line, a document, further jobs."""

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from quaero.jobs.engine import Engine
from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.document import NewDocument, content_hash
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import Outcome
from quaero.settings import QueueSettings
from quaero.store.transaction import BeforeStatement
from quaero.testing import open_test_engine

CHILD_TYPE: Final = "kind_child"
WORDS: Final = 5_000
TEXTS: Final = 50


@dataclass(frozen=True, slots=True)
class Kind:
    """What each planned child does. `keyed`: the work has a name that is done once."""

    name: str
    document_bytes: int = 0
    lines: int = 0
    spawns: int = 0
    keyed: bool = False

    def planned(self, jobs: int) -> int:
        """How many children are planned so that there are so many in the end."""
        return max(1, jobs // (1 + self.spawns))


KINDS: Final = (
    Kind("no-op"),
    Kind("no-op, one line of log", lines=1),
    Kind("no-op, named work", keyed=True),
    Kind("spawned by another", spawns=9, keyed=True),
    Kind("document of 10 KB", document_bytes=10_000, keyed=True),
)


class KindConfig(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    count: int
    document_bytes: int = 0
    lines: int = 0
    spawns: int = 0
    keyed: bool = False


class KindManager:
    """Plans the children of a kind."""

    manager_type = "kinds"
    config_model: type[BaseModel] = KindConfig

    def limits(self, config: KindConfig) -> StepLimits:
        return StepLimits()

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: KindConfig,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        work = {"document_bytes": config.document_bytes, "lines": config.lines, "spawns": config.spawns}
        given = {name: value for name, value in work.items() if value}
        for number in range(config.count):
            key = _address(parent_job_id, number, 0) if config.keyed else None
            yield ChildJob(CHILD_TYPE, f"child {number}", {**given, "number": number} if given else {}, key)


class KindWorker:
    """Does it, without any work of its own."""

    worker_type = CHILD_TYPE

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}

    def validate(self, job: Job) -> None:
        pass

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        number = job.config.get("number", 0)
        for line in range(job.config.get("lines", 0)):
            context.log(f"line {line} of what a worker has to say about job {number}")
        for other in range(job.config.get("spawns", 0)):
            key = _address(job.parent_id, number, 1 + other)
            context.spawner.spawn_child_job(job, CHILD_TYPE, f"child {number}.{other}", {}, dedupe_key=key)
        size = job.config.get("document_bytes", 0)
        return Outcome(documents=(self._document(job, number, size),)) if size else Outcome()

    async def close(self) -> None:
        pass

    def _document(self, job: Job, number: int, size: int) -> NewDocument:
        if size not in self._texts:
            self._texts[size] = _texts(size)
        texts = self._texts[size]
        title, text = f"Page {number}", f"{texts[number % len(texts)]} page {number}\n"
        url = _address(job.parent_id, number, 0)
        return NewDocument("bench", url, url, title, text, content_hash(title, text), ("bench",))


def kind_definition(kind: Kind, jobs: int) -> JobDefinition:
    """One step with so many jobs of a kind, found or planned."""
    config: dict[str, Any] = {"count": kind.planned(jobs)}
    config |= {
        name: value
        for name in ("document_bytes", "lines", "spawns", "keyed")
        if (value := getattr(kind, name))
    }
    return JobDefinition(id="kinds", name=kind.name, steps=(JobStep("kinds", "kinds", config),), overlap=True)


def open_kind_engine(
    url: str, queue: QueueSettings | None = None, *, before_statement: BeforeStatement | None = None
) -> AbstractAsyncContextManager[Engine]:
    """An engine that executes these kinds and nothing else."""
    return open_test_engine(
        url, [KindManager()], [KindWorker()], queue=queue, before_statement=before_statement
    )


def _address(parent_id: int | None, number: int, part: int) -> str:
    return f"https://docs.example.com/project/{parent_id}/chapter-{number}/page-{part}.html"


def _texts(size: int) -> list[str]:
    """Texts of about so many bytes; few words are frequent and many are rare, as in any language."""
    chance = random.Random(size)
    words = ["".join(chance.choices("etaoinshrdlucm", k=chance.randint(2, 10))) for _ in range(WORDS)]
    weights = [1 / rank for rank in range(1, WORDS + 1)]
    return [" ".join(_some(chance, words, weights, size)) for _ in range(TEXTS)]


def _some(chance: random.Random, words: list[str], weights: list[float], size: int) -> Iterator[str]:
    length = 0
    for word in chance.choices(words, weights, k=size):
        length += len(word) + 1
        if length > size:
            return
        yield word
