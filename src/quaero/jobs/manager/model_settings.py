"""The keys of a definition that say which language model answers, and what it may cost."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from quaero.agents import LOCAL
from quaero.agents.models.chosen import ChosenModel, WrongModel, checked_base_url, provider_and_name
from quaero.agents.models.prices import Price
from quaero.jobs.config_types import Milliseconds, config_problem
from quaero.models.duration import UNITS_MS

LONGEST_TIMEOUT_MS = UNITS_MS["h"]


def _model_name(value: str) -> str:
    if value != LOCAL:
        try:
            provider_and_name(value)
        except WrongModel as error:
            near = error.nearest
            raise config_problem(str(error), nearest=near, example=f'model = "{LOCAL}"') from None
    return value


def _timeout(value: int) -> int:
    if not 0 < value <= LONGEST_TIMEOUT_MS:
        raise config_problem("must be more than nothing and at most an hour", example='timeout = "60s"')
    return value


ModelName = Annotated[str, Field(min_length=1, max_length=250, examples=[LOCAL]), AfterValidator(_model_name)]
"""`local`, or a provider and its own name of a model: `gemini:gemini-2.5-flash`."""

Dollars = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False, examples=[0.5])]


class PriceConfig(BaseModel):
    """The table `price`: dollars for a million tokens."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    input: Dollars
    output: Dollars


class ModelSettingsConfig(BaseModel):
    """The table `model_settings`, for models other than the local one. `ChosenModel` says what each key means."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    base_url: Annotated[
        str | None, Field(min_length=1, max_length=2_000, examples=["http://localhost:11434/v1"])
    ] = None
    auth: Annotated[str | None, Field(min_length=1, max_length=100, examples=["my-provider"])] = None
    requests_per_minute: Annotated[float | None, Field(gt=0, le=60_000, examples=[60])] = None
    max_tokens: Annotated[int | None, Field(ge=1, le=10**15, examples=[1_000_000])] = None
    max_cost: Annotated[float | None, Field(ge=0, le=1e9, examples=[0.5])] = None
    max_answer: Annotated[int, Field(ge=16, le=1_000_000, examples=[4_096])] = 4_096
    max_text: Annotated[int, Field(ge=100, le=10_000_000, examples=[50_000])] = 50_000
    timeout: Annotated[Milliseconds, AfterValidator(_timeout), Field(examples=["60s"])] = UNITS_MS["m"]
    price: PriceConfig | None = None
    cache: bool = True

    def chosen(self, model: str) -> ChosenModel:
        """The model of that name with these settings; it was checked when the definition was read. `WrongModel`."""
        provider, name = provider_and_name(model)
        return ChosenModel(
            provider,
            name,
            checked_base_url(provider, self.base_url),
            auth=self.auth,
            requests_per_minute=self.requests_per_minute,
            max_tokens=self.max_tokens,
            max_cost=self.max_cost,
            max_answer=self.max_answer,
            max_text=self.max_text,
            timeout_ms=self.timeout,
            price=None if self.price is None else Price(self.price.input, self.price.output),
            cache=self.cache,
        )


def check_settings(model: str, settings: ModelSettingsConfig) -> None:
    """Complain about settings that do not fit the model."""
    if model == LOCAL:
        if settings.model_fields_set:
            raise config_problem(
                '"model_settings" are for language models; the local model has none',
                example='model = "gemini:gemini-2.5-flash"',
            )
        return
    try:
        settings.chosen(model)
    except WrongModel as error:
        text = str(error)
        raise config_problem(text, example='base_url = "http://localhost:11434/v1"') from None
