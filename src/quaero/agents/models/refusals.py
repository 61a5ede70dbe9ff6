"""What it means for a job that a model's server did not answer, or answered with an error."""

from dataclasses import dataclass

from pydantic_ai import exceptions as library

from quaero.agents.models.plain import plain
from quaero.agents.models.transport import AnswerTooLong, Redirected, StrayRequest
from quaero.models.errors import JobFailure

LONGEST_REASON = 200
"""Characters of a server's own words."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """`pause_seconds`: so long all shall leave the server alone.

    `may_have_cost`: nobody knows whether the question was answered, and counted.
    """

    failure: JobFailure
    pause_seconds: float = 0.0
    may_have_cost: bool = False


@dataclass(frozen=True, slots=True)
class _Kind:
    """`pause_seconds` where another try can help; the server's own wish goes before."""

    code: str
    what: str
    remedy: str = ""
    pause_seconds: float | None = None


_TIMEOUT = _Kind("model_timeout", "no answer in time", "Raise timeout in model_settings", 2.0)
_OTHER = _Kind("model_refused", "the server refuses the question")
_NO_ANSWER = _Kind("model_bad_response", "what the server sent is no answer", pause_seconds=1.0)

_OF_TRANSPORT: tuple[tuple[type[Exception], _Kind], ...] = (
    (
        Redirected,
        _Kind(
            "model_refused",
            "the server redirects, which is not followed",
            "Write the address where it really is as base_url",
        ),
    ),
    (
        AnswerTooLong,
        _Kind("model_bad_response", "the answer is longer than any that is asked for, or packed"),
    ),
    (StrayRequest, _Kind("model_refused", "a request to another server was held back")),
)

_KINDS: tuple[tuple[type[Exception], _Kind], ...] = (
    (library.ContentFilterError, _Kind("model_declined", "the provider declines to answer")),
    (library.ModelQuotaExceededError, _Kind("model_quota", "the account has no more credit or quota")),
    (
        library.ModelRateLimitError,
        _Kind("model_busy", "too many requests for the server", pause_seconds=10.0),
    ),
    (library.ModelUnavailableError, _Kind("model_busy", "the server is overloaded", pause_seconds=5.0)),
    (library.ModelServerError, _Kind("model_down", "the server failed", pause_seconds=2.0)),
    (library.ModelTimeoutError, _TIMEOUT),
    (
        library.ModelConnectionError,
        _Kind("model_unreachable", "the connection failed or was cut", pause_seconds=1.0),
    ),
    (
        library.ModelAuthenticationError,
        _Kind(
            "model_key_refused",
            "the server refuses the key, or the model for it",
            "Look at the key and what it is allowed",
        ),
    ),
    (
        library.ModelNotFoundError,
        _Kind(
            "model_unknown",
            "the server does not know the model, or the address",
            "Look at model and base_url",
        ),
    ),
    (
        library.ModelContextWindowExceededError,
        _Kind(
            "model_text_too_long",
            "the document is longer than the model reads",
            "Lower max_text in model_settings",
        ),
    ),
    (library.ModelAPIError, _OTHER),
)


def too_slow(model: str, seconds: float) -> Refusal:
    """The question was sent, and no answer came within the time that it has."""
    failure = JobFailure(
        f"no answer within {seconds:g} s",
        code=_TIMEOUT.code,
        where=model,
        remedy=_TIMEOUT.remedy,
        retryable=True,
    )
    return Refusal(failure, _TIMEOUT.pause_seconds or 0.0, may_have_cost=True)


def refusal_of(error: Exception, model: str, key: str) -> Refusal:
    """The failure of the job; nothing in it holds the key."""
    status = getattr(error, "status_code", None)
    kind = _kind_of(error)
    retryable = kind.pause_seconds is not None
    asked = getattr(error, "retry_after", None) if retryable else None
    failure = JobFailure(
        kind.what + _reason(error, status, key),
        code=kind.code,
        where=model,
        remedy=kind.remedy,
        retryable=retryable,
        retry_after=asked,
    )
    return Refusal(failure, asked or kind.pause_seconds or 0.0, _may_have_cost(error, status))


def _kind_of(error: Exception) -> _Kind:
    cause: BaseException | None = error
    while cause is not None:  # the library wraps what the transport has raised
        for each, kind in _OF_TRANSPORT:
            if isinstance(cause, each):
                return kind
        cause = cause.__cause__
    return next((kind for each, kind in _KINDS if isinstance(error, each)), _NO_ANSWER)


def _may_have_cost(error: Exception, status: object) -> bool:
    """A status is a refusal; a connection that was never there has sent nothing."""
    if isinstance(error, library.ModelConnectionError):
        return error.phase not in ("pool", "connect")
    return status is None and not isinstance(error, library.ModelAPIError)


def _reason(error: Exception, status: object, key: str) -> str:
    """The status and the server's words about it, as far as they are short and hold no key."""
    words = [f"HTTP {status}"] if isinstance(status, int) else []
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else None
    text = inner.get("message") if isinstance(inner, dict) else None
    if isinstance(error, library.ContentFilterError):
        text = error.message
    if isinstance(text, str) and text:
        words.append(_harmless(text.replace(key, "…") if key else text))
    return f" ({': '.join(words)})" if words else ""


def _harmless(text: str) -> str:
    try:
        return " ".join(plain(text[:2_000]).split())[:LONGEST_REASON]
    except ValueError:
        return "…"
