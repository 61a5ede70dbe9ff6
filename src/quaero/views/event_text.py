"""Events of one job in words."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from quaero.models.event import (
    DocumentSaved,
    DocumentUpdated,
    JobCreated,
    JobSpawned,
    JobStatusChange,
    Recorded,
)

Data = Mapping[str, Any]


def event_text(event: Recorded) -> str:
    """`pending → running`, `found by job 7 at depth 1`, `stored document 12`."""
    told = _TOLD.get(event.type)
    return event.type.replace("_", " ") if told is None else told(event.data)


def _moved(data: Data) -> str:
    reason = data.get("reason")
    move = f"{data['before']} → {data['after']}"
    return f"{move} ({reason})" if reason else move


def _found(data: Data) -> str:
    by = data.get("discovered_by")
    return "planned" if by is None else f"found by job {by} at depth {data['depth']}"


_TOLD: Final[Mapping[str, Callable[[Data], str]]] = {
    JobCreated.type: lambda data: f"created as {data['state']}",
    JobSpawned.type: _found,
    JobStatusChange.type: _moved,
    DocumentSaved.type: lambda data: f"stored document {data['document_id']}",
    DocumentUpdated.type: lambda data: f"changed document {data['document_id']}",
}
