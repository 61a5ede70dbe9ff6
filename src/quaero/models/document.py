"""A document: one piece of collected knowledge."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any


class Saved(StrEnum):
    """What saving a document turned out to be."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = (
        "duplicate"  # another job of the same run already stored it, or what it replaces is gone: not counted
    )


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as a worker hands it over. One is kept per (source_type, canonical_url).

    `url` is where it was fetched, after redirects. `source` is the original, zstd-compressed; `content_hash`
    decides whether a later copy is a change. `replaces`: only in the place of a stored document with this content hash;
    if there is none any more, nothing is stored.
    """

    source_type: str
    url: str
    canonical_url: str
    title: str
    markdown: str
    content_hash: str
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    source: bytes | None = None
    media_type: str = ""
    replaces: str | None = None


@dataclass(frozen=True, slots=True)
class NewResult:
    """What an agent found in a stored document. One is kept per document and agent: the latest.

    `version`: of the agent. `maker`: by what exactly it was made, see `maker_of`. `content_hash`: of the content that
    it was made from. `value`: the result, plain JSON values.
    """

    document_id: int
    agent: str
    version: str
    model: str
    maker: str
    content_hash: str
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Result:
    """A result as stored. `at`: when, in milliseconds since 1970. `outdated`: the document has changed since."""

    agent: str
    version: str
    model: str
    at: int
    outdated: bool
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Document:
    """A document as stored, with what agents found in it. Times are milliseconds since 1970."""

    id: int
    source_type: str
    url: str
    canonical_url: str
    title: str
    content_hash: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    created_at: int
    updated_at: int
    results: tuple[Result, ...] = ()
    markdown: str | None = None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document that a query found. `score` is larger for better matches.

    `pieces`: a part of its text on one line, in pieces with whether they were looked for.
    """

    document: Document
    score: float
    pieces: tuple[tuple[str, bool], ...]

    @property
    def snippet(self) -> str:
        """The pieces as one text, which marks with `**` what was looked for."""
        return "".join(f"**{text}**" if found else text for text, found in self.pieces)


def content_hash(title: str, text: str) -> str:
    """Identity of a document's content: 128 bits of BLAKE2b over title and text, as hex."""
    digest = blake2b(digest_size=16)
    digest.update(title.encode("utf-8", "surrogatepass"))
    digest.update(b"\0")
    digest.update(text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def maker_of(agent: str, version: str, model: str, options: Mapping[str, Any]) -> str:
    """The identity of a way to make results: the same for the same agent, version, model and options."""
    written = json.dumps([agent, version, model, options], sort_keys=True, separators=(",", ":"))
    return blake2b(written.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
