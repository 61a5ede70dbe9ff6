"""Workers execute: one kind of child job each."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from quaero.jobs.worker.log_buffer import LogBuffer
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob, Job
from quaero.models.outcome import LogLevel, LogLine, Outcome

if TYPE_CHECKING:
    from quaero.jobs.control import Control
    from quaero.models.credential import Credential
    from quaero.models.document import Document
    from quaero.store.index_state import IndexState
    from quaero.store.reads import DocumentFilter


def storable(text: str) -> str:
    """The text with question marks for what is no Unicode (halves of surrogate pairs)."""
    return text.encode("utf-8", "replace").decode()


class JobSpawner(Protocol):
    """The worker's door for new children. They exist once the spawning job has ended well, and not before."""

    def spawn_child_job(
        self,
        parent_job: Job,
        child_type: str,
        child_name: str,
        config: Mapping[str, Any],
        *,
        dedupe_key: str | None = None,
        priority: int = 0,
        host: str | None = None,
        run_at: int = 0,
    ) -> None:
        """Ask for a child next to the executing job `parent_job`; it counts for the same step's parent job.

        A child whose `dedupe_key` the step has seen is ignored. For the rest see `ChildJob`.
        """
        ...


class Collection(Protocol):
    """What a worker may do with the stored documents beside handing over new ones."""

    async def begin_index(self) -> None:
        """Get ready to build the full-text index anew; the one in use stays until `finish_index`."""
        ...

    async def next_documents(self, after: int, count: int) -> tuple[int, int] | None:
        """The first and the last id of so many documents with ids above `after`, or of fewer; None: there is none."""
        ...

    async def index_documents(self, after: int, up_to: int) -> int:
        """Put the documents with ids above `after` up to `up_to` into the new index; how many. May be done again."""
        ...

    async def finish_index(self) -> int:
        """Index whatever is left and bring the new index into use; how many documents were left."""
        ...

    async def index_state(self) -> "IndexState":
        """How well the index in use fits the documents; nothing is changed."""
        ...

    async def count_documents(self) -> int: ...

    async def document(self, document_id: int) -> "Document | None":
        """With its Markdown and what agents found in it; None: it is no longer there."""
        ...

    async def original(self, document_id: int) -> tuple[str, bytes] | None:
        """The media type and the bytes of what the document was made from; None: they were not kept."""
        ...

    async def matching(
        self, wanted: "DocumentFilter", *, after: int | None, limit: int
    ) -> "tuple[Document, ...]":
        """Documents with ids above `after`, in the order of their ids, without Markdown."""
        ...


@dataclass(slots=True)
class JobContext:
    """Everything that `execute` may touch.

    `config` is the step's config as checked by its manager's model. `collection` is the stored documents, `control`
    the door to all jobs.
    """

    definition: JobDefinition
    step: JobStep
    config: Any
    collection: Collection
    control: "Control"
    now_ms: Callable[[], int]
    children: list[ChildJob] = field(default_factory=list)
    lines: LogBuffer = field(default_factory=LogBuffer)
    recorded: list[Callable[[], None]] = field(default_factory=list)

    @property
    def spawner(self) -> JobSpawner:
        return self

    async def credential(self) -> "Credential | None":
        """The stored credentials that the definition names, opened; None: it names none.

        `JobFailure` where they are gone or cannot be opened here. Nothing of them may get into a result or a log.
        """
        name = self.definition.auth
        return None if name is None else await self.control.credentials.for_job(name)

    def spawn_child_job(
        self,
        parent_job: Job,
        child_type: str,
        child_name: str,
        config: Mapping[str, Any],
        *,
        dedupe_key: str | None = None,
        priority: int = 0,
        host: str | None = None,
        run_at: int = 0,
    ) -> None:
        self.children.append(
            ChildJob(child_type, child_name, config, dedupe_key, priority, host=host, run_at=run_at)
        )

    def log(self, message: str, level: LogLevel = LogLevel.INFO) -> None:
        """Add a line to the job's log; it is stored with the job's end, however that turns out.

        So many lines for each execution (`queue.max_log_lines`); what is beyond is counted, see `LogBuffer`.
        """
        self.lines.append(LogLine(self.now_ms(), level, storable(message)))

    def when_recorded(self, function: Callable[[], None]) -> None:
        """Call the function once this job's children and documents are stored; never if they were refused."""
        self.recorded.append(function)


class JobWorker(Protocol):
    """Executes the child jobs whose type is `worker_type`."""

    @property
    def worker_type(self) -> str: ...

    def validate(self, job: Job) -> None:
        """Raise `JobFailure` if the job's config cannot be executed."""
        ...

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        """Do the work; it may run more than once. Raise `JobFailure` if it did not succeed."""
        ...

    async def close(self) -> None:
        """Give back what the worker holds; called once, after its last job."""
        ...
