"""Decoding of response bodies, with the decoded bytes counted while they come out.

Done here because the HTTP client neither limits the decoded size nor notices a gzip stream cut short.
"""

import zlib
from typing import Protocol

ACCEPT_ENCODING = "gzip, deflate"

# Ordinary bodies have one member. Each further one copies the rest of the input, so their number is limited.
_MAX_MEMBERS = 1000
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_DEFLATE_METHOD = 8


class BodyTooLargeError(Exception):
    """The decoded body is longer than its limit."""


class BodyCutError(Exception):
    """The body ended before its encoding did."""


class BadEncodingError(Exception):
    """The body is not in the encoding that its header names, or the encoding is not known here."""


class BodyDecoder(Protocol):
    """Takes a body chunk by chunk.

    `parts` holds what came out so far: never more than one byte over the limit.
    """

    parts: list[bytes]

    def feed(self, chunk: bytes) -> None:
        """Add the next chunk. Raises BodyTooLargeError or BadEncodingError."""

    def finish(self) -> None:
        """State that the body has ended. Raises BodyCutError."""


def body_decoder(content_encoding: str, limit: int) -> BodyDecoder:
    """A decoder for the value of a Content-Encoding header; `limit` is in decoded bytes."""
    match content_encoding.strip().lower():
        case "" | "identity":
            return _Identity(limit)
        case "gzip" | "x-gzip":
            return _Inflate(limit, window=_GZIP_WINDOW)
        case "deflate":
            return _Inflate(limit, window=zlib.MAX_WBITS)
        case other:
            raise BadEncodingError(f'the encoding "{other}" was not asked for')


class _Identity:
    __slots__ = ("_room", "parts")

    def __init__(self, limit: int) -> None:
        self.parts: list[bytes] = []
        self._room = limit

    def feed(self, chunk: bytes) -> None:
        self.parts.append(chunk[: self._room + 1] if len(chunk) > self._room else chunk)
        self._room -= len(chunk)
        if self._room < 0:
            raise BodyTooLargeError

    def finish(self) -> None:
        """A plain body has no mark of its own; the HTTP client checks its length."""


class _Inflate:
    __slots__ = ("_members", "_room", "_stream", "_window", "parts")

    def __init__(self, limit: int, *, window: int) -> None:
        self.parts: list[bytes] = []
        self._room = limit
        self._window = window
        self._members = 0
        self._stream: zlib._Decompress | None = None

    def feed(self, chunk: bytes) -> None:
        try:
            while chunk:
                chunk = self._inflate(chunk)
        except zlib.error as error:
            raise BadEncodingError(f"the compressed body is damaged ({error})") from error

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise BodyCutError

    def _inflate(self, chunk: bytes) -> bytes:
        """Decode up to the end of a member; returns the input that follows it."""
        stream = self._stream
        if stream is None or stream.eof:
            if stream is not None and not chunk.startswith(b"\x1f\x8b"):
                return b""  # padding after the last member, which browsers ignore too
            stream = self._stream = self._next_member(chunk)
        part = stream.decompress(chunk, self._room + 1)
        self.parts.append(part)
        self._room -= len(part)
        if self._room < 0:
            raise BodyTooLargeError
        return stream.unused_data

    def _next_member(self, chunk: bytes) -> "zlib._Decompress":
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise BadEncodingError(f"the compressed body has more than {_MAX_MEMBERS} parts")
        # Some servers send the bare stream where the name promises its zlib wrapping.
        bare = self._window == zlib.MAX_WBITS and chunk[0] & 0x0F != _DEFLATE_METHOD
        return zlib.decompressobj(-zlib.MAX_WBITS if bare else self._window)
