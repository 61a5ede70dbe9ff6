"""What a fetch hands back, and what it is held to."""

from collections.abc import Mapping
from dataclasses import dataclass

PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain", "text/markdown"})


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """The bounds of one fetch, over all its redirects.

    `deadline_seconds` runs from the call to the last byte. `body_bytes` counts decoded bytes; a longer body
    is an error, or, with `cut_body`, ends there.
    """

    deadline_seconds: float = 30.0
    body_bytes: int = 10_000_000
    redirects: int = 10
    cut_body: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """A page as the server gave it, decoded from its transfer and content encodings, complete.

    `url` is where it was found after the `redirects` (each hop's target, in order), without a fragment.
    `headers` have lower-case names; a repeated one is joined by commas. `media_type` is lower case and empty
    if the server named none; `charset` is what the Content-Type header says. `status` is 2xx, or 304 with an
    empty body in answer to a conditional request; of `Fetcher.ask` any.
    """

    requested_url: str
    url: str
    status: int
    headers: Mapping[str, str]
    media_type: str
    charset: str | None
    body: bytes
    redirects: tuple[str, ...]
    elapsed_seconds: float
