"""A manager and a worker whose jobs do what their config says: the raw material of the job system's tests."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict

from quaero.jobs.manager import PlanContext
from quaero.jobs.worker import JobContext
from quaero.models.definition import ErrorTolerance, JobDefinition, JobStep, RetryPolicy
from quaero.models.document import NewDocument, content_hash
from quaero.models.errors import JobFailure
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import LogLevel, Outcome

Script = Mapping[str, Any]


class ScriptConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    children: list[dict[str, Any]] = []
    count: int = 0
    concurrency: int | None = None
    max_documents: int | None = None
    fail_planning: str = ""


class ScriptManager:
    """Plans `count` children that do nothing and the listed ones; each entry is a child's script."""

    manager_type = "script"
    config_model = ScriptConfig

    def limits(self, config: ScriptConfig) -> StepLimits:
        return StepLimits(config.concurrency, config.max_documents)

    async def create_parent_job(
        self, step: JobStep, definition: JobDefinition, parent_job_id: int, config: Any, context: PlanContext
    ) -> AsyncIterator[ChildJob]:
        for number in range(config.count):
            yield ChildJob("scripted", f"child {number}", {})
        for script in config.children:
            yield child(script)
        if config.fail_planning:
            raise JobFailure(config.fail_planning)


def child(script: Script) -> ChildJob:
    return ChildJob(
        script.get("type", "scripted"),
        script.get("name", "child"),
        script,
        script.get("key"),
        script.get("priority", 0),
        host=script.get("host"),
        run_at=script.get("run_at", 0),
    )


class ScriptWorker:
    """Script keys, all optional:

    name, key (dedupe key), log (a line), wait (until `release`d), fails (so many times, retryable), breaks (error
    code of a failure for good), raises (text of an unexpected error), document (text; its URL is `url` or the name),
    claims (further names), spawn (scripts of children).
    """

    worker_type = "scripted"

    def __init__(self) -> None:
        self.executed: Counter[str] = Counter()
        self.started: dict[str, asyncio.Event] = {}
        self.released: dict[str, asyncio.Event] = {}
        self.stopped: list[str] = []

    def validate(self, job: Job) -> None:
        if job.config.get("invalid"):
            raise JobFailure("this script is invalid", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        script = job.config
        self.executed[job.name] += 1
        self.start_of(job.name).set()
        if "log" in script:
            context.log(script["log"], LogLevel.INFO)
        if script.get("wait"):
            await self._wait(job)
        self._fail(job, script)
        for spawned in script.get("spawn", ()):
            new = child(spawned)
            context.spawner.spawn_child_job(job, new.type, new.name, new.config, dedupe_key=new.dedupe_key)
        return Outcome(
            _documents(job, script, context), tuple(script.get("claims", ())), script.get("note", "")
        )

    async def close(self) -> None:
        pass

    def start_of(self, name: str) -> asyncio.Event:
        """Set when a job of this name begins."""
        return self.started.setdefault(name, asyncio.Event())

    def release(self, name: str) -> None:
        """Let a job whose script waits go on."""
        self.released.setdefault(name, asyncio.Event()).set()

    async def _wait(self, job: Job) -> None:
        try:
            await self.released.setdefault(job.name, asyncio.Event()).wait()
        except asyncio.CancelledError:
            self.stopped.append(job.name)
            raise

    def _fail(self, job: Job, script: Script) -> None:
        if "raises" in script:
            raise RuntimeError(script["raises"])
        if "breaks" in script:
            raise JobFailure("it broke", code=script["breaks"])
        if job.attempt - job.lost_leases <= script.get("fails", 0):
            raise JobFailure("not yet", code="not_yet", retryable=True, retry_after=script.get("retry_after"))


def _documents(job: Job, script: Script, context: JobContext) -> tuple[NewDocument, ...]:
    if "document" not in script:
        return ()
    url = f"https://example.org/{script.get('url', job.name)}"
    text = script["document"]
    return (
        NewDocument(
            "test", url, url, job.name, text, content_hash(job.name, text), tags=context.definition.tags
        ),
    )


def script_step(name: str = "step", **keys: Any) -> JobStep:
    """A step of the script manager; `keys` are its config, but for the fields of a step."""
    fields = ("on_error", "retry", "depends", "condition", "timeout_ms", "child_timeout_ms")
    own = {key: keys.pop(key) for key in fields if key in keys}
    own.setdefault("retry", RetryPolicy(3, 1, 2))
    return JobStep(name, "script", keys, **own)


def script_definition(*steps: JobStep, **keys: Any) -> JobDefinition:
    """A definition of these steps, in their order; `keys` are further fields of it."""
    chained = []
    for number, step in enumerate(steps):
        depends = step.depends or ((steps[number - 1].name,) if number else ())
        chained.append(replace(step, depends=depends))
    keys.setdefault("error_tolerance", ErrorTolerance())
    return JobDefinition(id=keys.pop("id", "test"), name="Test", steps=tuple(chained), **keys)
