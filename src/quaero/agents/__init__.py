"""Agents read one document and say something about it: they know nothing of jobs, of the store or of the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pydantic import BaseModel

LOCAL = "local"
"""The model that needs no key, no network and no download: the agent's own rules and statistics."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What an agent gets to read. `results`: what other agents found in this document, by agent."""

    title: str
    text: str
    url: str = ""
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Agent(Protocol):
    """One kind of question about a document. Agents enter by entry points (`quaero.agents`), the built-in ones too.

    `version` changes when the agent would answer otherwise: then documents are read again by steps with `missing`.
    `options_model` checks the agent's keys in a definition. `answer_model` is the form of an answer, by which that of a
    language model is checked too: so it bounds every text and list.
    """

    @property
    def agent_type(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def options_model(self) -> "type[BaseModel]": ...

    @property
    def answer_model(self) -> "type[BaseModel]": ...

    def answer(self, reading: Reading, options: Any) -> "BaseModel":
        """The answer of the local model. May take its time on the processor: it is not called on the event loop."""
        ...

    def instructions(self, reading: Reading, options: Any) -> str:
        """What a language model is to do, in words; nothing of the document itself, which is handed over apart."""
        ...
