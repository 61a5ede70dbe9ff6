"""Servers on loopback that speak the providers' protocols, and answer as a test wants it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

DRIPS = 50
"""A slow answer comes in so many pieces at most."""


@dataclass(frozen=True)
class Answer:
    """A good answer in the provider's protocol; `finish`: in OpenAI's words."""

    text: str
    tokens_in: int = 100
    tokens_out: int = 20
    finish: str = "stop"


@dataclass(frozen=True)
class ToolCall:
    """The model calls for a tool that nobody has offered."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Declined:
    """The provider's filter, or the model itself, refuses."""

    reason: str = "SAFETY"


@dataclass(frozen=True)
class Status:
    """An error with the body that the provider sends."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    message: str = "something is wrong"


@dataclass(frozen=True)
class Raw:
    """A 200 with just these bytes."""

    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Drip:
    """Some bytes every now and then, and no end in sight."""

    pause: float = 0.05


class Cut:
    """The connection ends in the middle of the answer."""


Script = Answer | ToolCall | Declined | Status | Raw | Drip | Cut
Behaviour = Callable[["Asked"], Script]


@dataclass(frozen=True)
class Asked:
    """A request as it came. `prompt`: all text in it."""

    path: str
    query: str
    headers: dict[str, str]
    body: dict[str, Any]
    raw: str

    @property
    def prompt(self) -> str:
        return "\n".join(_texts(self.body))


class ModelServer:
    """`asked`: what came. Answers by the behaviour, or one script after the other, the last again and again."""

    def __init__(self, *scripts: Script, behaviour: Behaviour | None = None) -> None:
        self.asked: list[Asked] = []
        self.others: list[str] = []
        """Requests that were no question to a model."""
        self.arrived = asyncio.Event()
        self.gate = asyncio.Event()
        """Nothing is answered before it is set."""
        self.gate.set()
        self._behaviour = behaviour or _in_turn(scripts)
        self.url = ""

    @asynccontextmanager
    async def running(self, certificate: ssl.SSLContext | None = None) -> AsyncIterator["ModelServer"]:
        """Over http, or over https with the certificate."""
        app = web.Application(client_max_size=100_000_000)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=certificate)
            await site.start()
            scheme = "http" if certificate is None else "https"
            self.url = f"{scheme}://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        shape = next((shape for end, shape in _SHAPES.items() if request.path.endswith(end)), None)
        raw = await request.text()
        if shape is None or request.method != "POST":
            self.others.append(f"{request.method} {request.path_qs}")
            return web.Response(status=404)
        asked = Asked(request.path, request.query_string, dict(request.headers), json.loads(raw), raw)
        self.asked.append(asked)
        self.arrived.set()
        await self.gate.wait()
        return await _send(request, self._behaviour(asked), shape)


def _in_turn(scripts: Iterable[Script]) -> Behaviour:
    left = list(scripts)

    def next_script(asked: Asked) -> Script:
        return left.pop(0) if len(left) > 1 else left[0]

    return next_script


class _OpenAI:
    """Chat completions."""

    def answer(self, script: Answer) -> dict[str, Any]:
        message = {"role": "assistant", "content": script.text}
        return self._completion(message, script.finish, script.tokens_in, script.tokens_out)

    def tool(self, call: ToolCall) -> dict[str, Any]:
        function = {"name": call.name, "arguments": json.dumps(call.arguments)}
        calls = [{"id": "call_1", "type": "function", "function": function}]
        return self._completion({"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls")

    def declined(self, script: Declined) -> dict[str, Any]:
        return self._completion({"role": "assistant", "content": None, "refusal": script.reason}, "stop")

    def error(self, script: Status) -> dict[str, Any]:
        return {"error": {"message": script.message, "type": "error", "param": None, "code": None}}

    def _completion(
        self, message: dict[str, Any], finish: str, tokens_in: int = 100, tokens_out: int = 20
    ) -> dict[str, Any]:
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": "fake",
            "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
            "usage": {
                "prompt_tokens": tokens_in,
                "completion_tokens": tokens_out,
                "total_tokens": tokens_in + tokens_out,
            },
        }


class _Anthropic:
    """Messages."""

    def answer(self, script: Answer) -> dict[str, Any]:
        stop = {"stop": "end_turn", "length": "max_tokens"}[script.finish]
        return self._message(
            [{"type": "text", "text": script.text}], stop, script.tokens_in, script.tokens_out
        )

    def tool(self, call: ToolCall) -> dict[str, Any]:
        block = {"type": "tool_use", "id": "toolu_1", "name": call.name, "input": call.arguments}
        return self._message([block], "tool_use")

    def declined(self, script: Declined) -> dict[str, Any]:
        message = self._message([], "refusal")
        return message | {"stop_details": {"type": "refusal", "category": None, "explanation": script.reason}}

    def error(self, script: Status) -> dict[str, Any]:
        return {"type": "error", "error": {"type": "api_error", "message": script.message}}

    def _message(
        self, content: list[Any], stop: str, tokens_in: int = 100, tokens_out: int = 20
    ) -> dict[str, Any]:
        return {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "fake",
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": {"input_tokens": tokens_in, "output_tokens": tokens_out},
        }


class _Gemini:
    """generateContent."""

    def answer(self, script: Answer) -> dict[str, Any]:
        finish = {"stop": "STOP", "length": "MAX_TOKENS"}[script.finish]
        return self._candidate([{"text": script.text}], finish, script.tokens_in, script.tokens_out)

    def tool(self, call: ToolCall) -> dict[str, Any]:
        return self._candidate([{"functionCall": {"name": call.name, "args": call.arguments}}], "STOP")

    def declined(self, script: Declined) -> dict[str, Any]:
        return {
            "promptFeedback": {"blockReason": script.reason},
            "usageMetadata": {"promptTokenCount": 100, "totalTokenCount": 100},
            "modelVersion": "fake",
            "responseId": "1",
        }

    def error(self, script: Status) -> dict[str, Any]:
        return {"error": {"code": script.status, "message": script.message, "status": "ERROR"}}

    def _candidate(
        self, parts: list[Any], finish: str, tokens_in: int = 100, tokens_out: int = 20
    ) -> dict[str, Any]:
        return {
            "candidates": [
                {"content": {"parts": parts, "role": "model"}, "finishReason": finish, "index": 0}
            ],
            "usageMetadata": {
                "promptTokenCount": tokens_in,
                "candidatesTokenCount": tokens_out,
                "totalTokenCount": tokens_in + tokens_out,
            },
            "modelVersion": "fake",
            "responseId": "1",
        }


_Shape = _OpenAI | _Anthropic | _Gemini
_SHAPES: dict[str, _Shape] = {
    "/chat/completions": _OpenAI(),
    "/v1/messages": _Anthropic(),
    ":generateContent": _Gemini(),
}


async def _send(request: web.Request, script: Script, shape: _Shape) -> web.StreamResponse:
    match script:
        case Answer():
            return web.json_response(shape.answer(script))
        case ToolCall():
            return web.json_response(shape.tool(script))
        case Declined():
            return web.json_response(shape.declined(script))
        case Status():
            return web.json_response(shape.error(script), status=script.status, headers=script.headers)
        case Raw():
            return web.Response(
                body=script.body, headers={"content-type": "application/json", **script.headers}
            )
        case Drip() | Cut():
            return await _send_slowly(request, script)


async def _send_slowly(request: web.Request, script: Drip | Cut) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "application/json", "content-length": "5000"})
    await response.prepare(request)
    await response.write(b'{"id": ')
    if isinstance(script, Drip):
        for _ in range(DRIPS):
            await response.write(b" ")
            await asyncio.sleep(script.pause)
    assert request.transport is not None
    request.transport.abort()
    return response


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
