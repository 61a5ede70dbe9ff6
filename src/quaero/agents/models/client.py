"""One question on its way to one server and back, through the library that speaks all providers' protocols.

This module is imported with the first question: the library takes seconds to load.
"""

from dataclasses import dataclass
from typing import Any

import httpx2
from pydantic_ai import ModelRequest, TextPart
from pydantic_ai.direct import model_request
from pydantic_ai.exceptions import ContentFilterError
from pydantic_ai.models import Model, ModelRequestParameters
from pydantic_ai.output import OutputObjectDefinition

from quaero.agents.models.chosen import ChosenModel
from quaero.agents.models.fence import Prompt
from quaero.agents.models.prices import Usage
from quaero.agents.models.transport import OneServer

NO_KEY = "none"
"""What the libraries get for a key; the real one is put in by the transport."""

CONNECT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer; "": it holds none, as where a model calls for a tool. `cut`: it has reached the limit."""

    text: str
    usage: Usage
    cut: bool = False


class Client:
    """Speaks with the server of one model. `key`: "" where none is needed."""

    def __init__(self, model: ChosenModel, key: str) -> None:
        provider = model.provider
        headers = {provider.key_header: f"{provider.key_prefix}{key}"} if key else {}
        self._http = httpx2.AsyncClient(
            transport=OneServer(model.base_url, headers),
            timeout=httpx2.Timeout(model.timeout_ms / 1000, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )
        self._model = _BUILDERS[provider.name](model, self._http)
        self._longest = model.max_answer
        self.key = key

    async def ask(self, prompt: Prompt, schema: dict[str, Any]) -> Reply:
        """The answer to one question, without history and without tools; the library's errors pass."""
        wanted = ModelRequestParameters(
            output_mode="native" if self._model.profile.get("supports_json_schema_output") else "prompted",
            output_object=OutputObjectDefinition(json_schema=schema, name="answer"),
        )
        response = await model_request(
            self._model,
            [ModelRequest.user_text_prompt(prompt.text, instructions=prompt.rules)],
            model_settings={"max_tokens": self._longest},
            model_request_parameters=wanted,
            instrument=False,
        )
        text = "".join(part.content for part in response.parts if isinstance(part, TextPart))
        usage = Usage(response.usage.input_tokens, response.usage.output_tokens)
        if response.finish_reason == "content_filter":
            raise Declined(usage, _why(response.provider_details or {}))
        if not usage.total:  # some servers do not count: no more than this
            usage = Usage(prompt.size, len(text.encode()))
        return Reply(text, usage, cut=response.finish_reason == "length")

    async def close(self) -> None:
        await self._http.aclose()


class Declined(ContentFilterError):
    """The provider does not answer this question, and counted these tokens all the same."""

    def __init__(self, usage: Usage, why: str) -> None:
        self.usage = usage
        super().__init__(why)


def _why(details: dict[str, Any]) -> str:
    """The provider's word for it, and what its model said, if anything."""
    said = (details.get(key) for key in ("block_reason", "finish_reason", "refusal_category", "refusal"))
    return ", ".join(each for each in said if isinstance(each, str))


def _gemini(model: ChosenModel, http: httpx2.AsyncClient) -> Model:
    from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415 - only what is used is loaded
    from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

    provider = GoogleProvider(api_key=NO_KEY, http_client=http, base_url=model.base_url)
    return GoogleModel(model.name, provider=provider)


def _anthropic(model: ChosenModel, http: httpx2.AsyncClient) -> Model:
    from anthropic import AsyncAnthropic  # noqa: PLC0415
    from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
    from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

    client = AsyncAnthropic(api_key=NO_KEY, base_url=model.base_url, http_client=http, max_retries=0)
    return AnthropicModel(model.name, provider=AnthropicProvider(anthropic_client=client))


def _openai(model: ChosenModel, http: httpx2.AsyncClient) -> Model:
    from openai import AsyncOpenAI  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

    client = AsyncOpenAI(api_key=NO_KEY, base_url=model.base_url, http_client=http, max_retries=0)
    return OpenAIChatModel(model.name, provider=OpenAIProvider(openai_client=client))


def _openai_compatible(model: ChosenModel, http: httpx2.AsyncClient) -> Model:
    """Small servers know older words of the protocol; those that overlook the wanted form are told it in words too."""
    from openai import AsyncOpenAI  # noqa: PLC0415
    from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
    from pydantic_ai.profiles import openai as profiles  # noqa: PLC0415
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider  # noqa: PLC0415

    client = AsyncOpenAI(api_key=NO_KEY, base_url=model.base_url, http_client=http, max_retries=0)
    profile = profiles.OpenAIModelProfile(
        supports_json_schema_output=True,
        native_output_requires_schema_in_instructions=True,
        openai_chat_supports_max_completion_tokens=False,
        openai_chat_supports_multiple_system_messages=False,
    )
    provider = OpenAICompatibleProvider("openai-compatible", openai_client=client, profile=profile)
    return OpenAIChatModel(model.name, provider=provider)


_BUILDERS = {
    "gemini": _gemini,
    "anthropic": _anthropic,
    "openai": _openai,
    "openai-compatible": _openai_compatible,
}
