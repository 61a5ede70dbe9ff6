"""The HTTP client's errors as FetchErrors with stable codes."""

import os
from collections.abc import Mapping
from datetime import UTC, datetime

import aiohttp

from quaero.crawler.body_decoder import BadEncodingError, BodyCutError, BodyTooLargeError
from quaero.crawler.retry_after import retry_after_seconds
from quaero.models.errors import FetchError

RETRYABLE_STATUSES = frozenset({408, 425, 429, 500, 502, 503, 504})


def status_error(url: str, status: int, reason: str | None, headers: Mapping[str, str]) -> FetchError:
    """The error for an answer that is not a page: code `http_<status>`."""
    return FetchError(
        f"the server answered {status} {reason or ''}".rstrip(),
        code=f"http_{status}",
        where=url,
        retryable=status in RETRYABLE_STATUSES,
        retry_after=retry_after_seconds(headers, datetime.now(UTC)),
    )


def transport_error(error: Exception, url: str) -> FetchError:
    """The FetchError for what went wrong between here and the server while `url` was fetched.

    Codes: `tls_failed`, `body_cut`, `unreachable`, `url_refused`, `bad_response`.
    """
    match error:
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientSSLError():
            return FetchError(f"no safe connection: {_reason(error)}", code="tls_failed", where=url)
        case aiohttp.ClientPayloadError():
            return body_cut(url)
        case aiohttp.ClientConnectionError():
            what = f"the server cannot be reached: {_reason(error)}"
            return FetchError(what, code="unreachable", where=url, retryable=True)
        case aiohttp.InvalidURL():
            return FetchError("this is no URL that can be fetched", code="url_refused", where=url)
        case _:
            what = f"the server's answer is not valid HTTP: {_reason(error)}"
            return FetchError(what, code="bad_response", where=url)


def body_error(error: Exception, url: str, limit: int) -> FetchError:
    """The FetchError for a body that the decoder refused: `body_too_large`, `body_cut`, `bad_encoding`."""
    match error:
        case BodyTooLargeError():
            what = f"the page is longer than {limit} bytes"
            return FetchError(what, code="body_too_large", where=url, remedy="Raise max_body to take it")
        case BodyCutError():
            return body_cut(url)
        case BadEncodingError():
            return FetchError(str(error), code="bad_encoding", where=url)
        case _:
            raise error


def body_cut(url: str) -> FetchError:
    """The error for a body that ended before it was complete."""
    return FetchError("the page was cut off on its way", code="body_cut", where=url, retryable=True)


def timed_out(url: str, seconds: float) -> FetchError:
    """The error for a fetch that did not end within its deadline."""
    what = f"the page did not arrive within {seconds:g} seconds"
    return FetchError(what, code="timeout", where=url, retryable=True)


def _reason(error: Exception) -> str:
    cause = getattr(error, "os_error", None)
    if cause is not None and cause.errno:
        return os.strerror(cause.errno) if cause.errno > 0 else str(cause.strerror)
    return str(getattr(error, "message", "") or error or type(error).__name__)
