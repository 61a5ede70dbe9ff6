"""The agent step: one child for each document that an agent is to read."""

from collections.abc import AsyncIterator, Iterable
from functools import cached_property

from quaero.agents import Agent
from quaero.agents.models.readiness import check_ready
from quaero.jobs.manager import PlanContext
from quaero.jobs.manager.agent_config import AgentConfig, config_model_for
from quaero.jobs.manager.each_document import EachDocumentManager
from quaero.jobs.model_keys import ModelKeys
from quaero.jobs.registry import installed_agents
from quaero.models.definition import JobDefinition, JobStep
from quaero.models.job import ChildJob
from quaero.store.reads import Lacking

ACTION = "agent"
CHILD_TYPE = "agent"


class AgentManager(EachDocumentManager):
    """Plans a step of one agent: those given here, or by default all installed ones."""

    manager_type = ACTION
    child_type = CHILD_TYPE

    def __init__(self, agents: Iterable[Agent] | None = None) -> None:
        self._given = agents
        self.config_model = config_model_for(lambda: self._agents)

    def lacking(self, config: AgentConfig) -> Lacking:
        return Lacking(config.agent_type, config.maker)

    async def create_parent_job(
        self,
        step: JobStep,
        definition: JobDefinition,
        parent_job_id: int,
        config: AgentConfig,
        context: PlanContext,
    ) -> AsyncIterator[ChildJob]:
        """What a language model lacks is said once, and not by every child."""
        if (model := config.language_model) is not None:
            await check_ready(model, ModelKeys(context.control))
        async for child in super().create_parent_job(step, definition, parent_job_id, config, context):
            yield child

    @cached_property
    def _agents(self) -> dict[str, Agent]:
        """Loaded when the first definition names one."""
        if self._given is None:
            return installed_agents()
        return {agent.agent_type: agent for agent in self._given}
