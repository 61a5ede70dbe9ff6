"""The config of an agent step: the keys of every such step beside those of the agent that it names."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails

from quaero.agents import LOCAL, Agent
from quaero.agents.models.chosen import ChosenModel
from quaero.jobs.config_types import config_problem
from quaero.jobs.definitions.complaints import Finding, findings, nearest_to
from quaero.jobs.manager.each_document import EachDocumentConfig
from quaero.jobs.manager.model_settings import ModelName, ModelSettingsConfig, check_settings
from quaero.jobs.registry import PluginError
from quaero.models.document import maker_of
from quaero.models.toml_writer import toml_value

Agents = Mapping[str, Agent]


class AgentConfig(EachDocumentConfig):
    """What every agent step knows. `model`: "local" needs no key, no network and no download."""

    agent: ClassVar[Agent]

    agent_type: Annotated[str, Field(examples=["keyword_extractor"])]
    model: ModelName = LOCAL
    model_settings: ModelSettingsConfig = ModelSettingsConfig()

    @model_validator(mode="after")
    def _settings_fit(self) -> Self:
        check_settings(self.model, self.model_settings)
        return self

    @property
    def language_model(self) -> ChosenModel | None:
        """None: the local one."""
        return None if self.model == LOCAL else self.model_settings.chosen(self.model)

    @property
    def options(self) -> BaseModel:
        """The keys that belong to the agent, as its own model."""
        options_model = self.agent.options_model
        return options_model.model_construct(
            **{key: getattr(self, key) for key in options_model.model_fields}
        )

    @property
    def maker(self) -> str:
        """By what exactly this step makes its results."""
        return maker_of(self.agent_type, self.agent.version, self.model, self.options.model_dump(mode="json"))


def config_model_for(agents: Callable[[], Agents]) -> type[AgentConfig]:
    """The model that reads the config of a step by the agent which the step names."""

    class AnyAgentConfig(AgentConfig):
        model_config = ConfigDict(extra="allow")  # the keys of an agent that nobody knows cannot be judged

        @field_validator("agent_type")
        @classmethod
        def _known(cls, value: str) -> str:
            raise _unknown_agent(value, sorted(agents()))

        @model_validator(mode="wrap")
        @classmethod
        def _by_agent(cls, value: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
            named = value.get("agent_type") if isinstance(value, dict) else None
            agent = agents().get(named) if isinstance(named, str) else None
            return handler(value) if agent is None else _read(_model_of(agent), value)

    return AnyAgentConfig


def _unknown_agent(name: str, known: list[str]) -> Exception:
    near = nearest_to(name, known)
    listed = f"; known are: {', '.join(known)}" if known and near is None else ""
    example = f"agent_type = {toml_value(near)}" if near else None
    return config_problem(f'no agent is called "{name}"{listed}', nearest=near, example=example)


def _model_of(agent: Agent) -> type[AgentConfig]:
    taken = sorted(AgentConfig.model_fields.keys() & agent.options_model.model_fields.keys())
    if taken:
        raise PluginError(
            f"the options of the agent {agent.agent_type!r} may not be called {', '.join(taken)}",
            remedy="Mend or uninstall the package that brings it",
        )
    bases = (agent.options_model, AgentConfig)
    model = cast(type[AgentConfig], create_model(f"{agent.agent_type}_step", __base__=bases))
    model.agent = agent
    return model


def _read(model: type[AgentConfig], config: dict[str, Any]) -> AgentConfig:
    try:
        return model.model_validate(config)
    except ValidationError as error:
        details = [_as_problem(found, config) for found in findings(error, model, config)]
        raise ValidationError.from_exception_data("agent", details) from None


def _as_problem(found: Finding, config: dict[str, Any]) -> InitErrorDetails:
    """What is wrong with a key, as an error that keeps its place and its words on its way out of pydantic."""
    path, message = found.path, found.message
    if path and path[0] not in config:
        message, path = f'"{path[-1]}" is missing: {message}', ()
    problem = config_problem(message, nearest=found.nearest, example=found.example)
    return InitErrorDetails(type=problem, loc=path, input=None)
