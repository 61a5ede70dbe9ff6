"""What goes between a transform worker and its processes; both import this, so it stays light."""

import sys
from typing import Any, Final, Literal

import msgspec

from quaero.transform import OutputFormat

COMMAND: Final = (sys.executable, "-P", "-m", "quaero.jobs.worker.transform_process")


class Raw(msgspec.Struct, frozen=True):
    """What is to be transformed. `base`: for relative links. `url`: of the source. `title`: empty, the body has it.

    `output_format` None: nothing is to be written, the Markdown is what counts.
    """

    body: bytes
    content_type: str
    base: str
    url: str
    title: str
    language: str
    extract: Literal["main", "full"]
    validate: bool
    output_format: OutputFormat | None
    facts: dict[str, Any]


class Made(msgspec.Struct, frozen=True):
    """What came of it. `mistakes`: the first places where HTML is not as the standard wants it, of `mistakes_found`."""

    title: str
    description: str
    language: str
    markdown: str
    content_hash: str
    written: str
    source: bytes
    mistakes: tuple[str, ...]
    mistakes_found: int
