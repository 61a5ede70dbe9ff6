"""Lets an agent read one stored document, and hands over what it found in it."""

from collections.abc import Mapping
from typing import Any

from quaero.agents import Reading
from quaero.agents.models.asking import LanguageModels
from quaero.jobs.manager.agent_config import AgentConfig
from quaero.jobs.manager.agent_manager import CHILD_TYPE
from quaero.jobs.manager.each_document import DOCUMENT
from quaero.jobs.worker import JobContext
from quaero.jobs.worker.agent_processes import AgentProcesses
from quaero.jobs.worker.model_door import ModelDoor, shown_to_model
from quaero.models.document import Document, NewResult
from quaero.models.errors import JobFailure
from quaero.models.job import Job
from quaero.models.outcome import Outcome


class AgentWorker:
    """Executes `agent` jobs: config {"document_id": the id of a stored document}."""

    worker_type = CHILD_TYPE

    def __init__(self, processes: AgentProcesses | None = None) -> None:
        self._processes = processes or AgentProcesses()
        self._models = LanguageModels()

    def validate(self, job: Job) -> None:
        if not isinstance(job.config.get(DOCUMENT), int):
            raise JobFailure("the job names no document", code="invalid_job")

    async def execute(self, job: Job, context: JobContext) -> Outcome:
        config: AgentConfig = context.config
        document = await context.collection.document(job.config[DOCUMENT])
        if document is None:
            return Outcome(note="the document is no longer there")
        value = await self._answer(config, reading_of(document), job, context)
        result = NewResult(
            document.id,
            config.agent_type,
            config.agent.version,
            config.model,
            config.maker,
            document.content_hash,
            value,
        )
        return Outcome(results=(result,))

    async def close(self) -> None:
        await self._processes.close()
        await self._models.close()

    async def _answer(
        self, config: AgentConfig, reading: Reading, job: Job, context: JobContext
    ) -> Mapping[str, Any]:
        if (model := config.language_model) is not None:
            shown, door = shown_to_model(reading, context), ModelDoor(job, context)
            answer = await self._models.ask(config.agent, shown, config.options, model, door)
            return answer.model_dump(mode="json")
        return await self._processes.answer(config.agent, reading, config.options)


def reading_of(document: Document) -> Reading:
    """What an agent gets to read of a document. What was found in an earlier state of it is left out."""
    found = {result.agent: result.value for result in document.results if not result.outdated}
    return Reading(document.title, document.markdown or "", document.url, found)
