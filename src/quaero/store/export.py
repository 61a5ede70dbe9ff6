"""Export: the whole store as plain values, one thing after the other, from one snapshot and in a fixed order."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from quaero.models.moment import iso_time
from quaero.store.rows import from_json
from quaero.store.transaction import Reader, Row

PAGE = 100
"""Things that are in memory at once; a document may be large."""

Exported = dict[str, Any]


def _same(value: Any) -> Any:
    return value


def _identity(value: int | None) -> str | None:
    return None if value is None else str(value)


def _earliest(milliseconds: int) -> str | None:
    """When a job may run; the first moments of all stand for "at once"."""
    return iso_time(milliseconds) if milliseconds > 1 else None


Columns = tuple[tuple[str, Callable[[Any], Any]], ...]


class Kind(msgspec.Struct, frozen=True):
    """One kind of thing: the statement that gives it and its columns, in order, with how each is written."""

    name: str
    statement: str
    columns: Columns
    start: Row = (0,)
    """Before the first: the leading columns of a row lead from page to page."""


KINDS = (
    Kind(
        "definition",
        "export_definitions",
        (
            ("id", _same), ("version", _same), ("origin", _same), ("enabled", bool), ("edited", bool),
            ("created_at", iso_time), ("updated_at", iso_time), ("definition", from_json), ("source", _same),
        ),
        start=("",),
    ),
    Kind(
        "version",
        "export_versions",
        (
            ("definition_id", _same), ("number", _same), ("at", iso_time), ("change", _same),
            ("definition", from_json), ("source", _same),
        ),
        start=("", 0),
    ),
    Kind(
        "variable", "export_variables", (("name", _same), ("value", _same), ("updated_at", iso_time)), start=("",)
    ),
    Kind(
        "credential",
        "export_credentials",
        (
            ("name", _same), ("hosts", from_json), ("credential_kind", _same), ("created_at", iso_time),
            ("updated_at", iso_time),
        ),
        start=("",),
    ),
    Kind(
        "run",
        "export_runs",
        (
            ("id", _identity), ("definition_id", _same), ("launch_key", _same), ("launched_by", _same),
            ("origin_id", _identity), ("paused_at", iso_time), ("last_event", _same), ("pruned_events", _same),
            ("definition", from_json),
        ),
    ),
    Kind(
        "job",
        "export_jobs",
        (
            ("id", _identity), ("root_id", _identity), ("parent_id", _identity), ("job_kind", _same), ("type", _same),
            ("name", _same), ("status", _same), ("depth", _same), ("discovered_by", _identity), ("host", _same),
            ("priority", _same), ("run_at", _earliest), ("attempt", _same), ("lost_leases", _same), ("reopened", _same),
            ("created_at", iso_time), ("started_at", iso_time), ("finished_at", iso_time), ("error_code", _same),
            ("error", _same), ("note", _same), ("config", from_json),
        ),
    ),
    Kind(
        "event",
        "export_events",
        (
            ("root_id", _identity), ("number", _same), ("at", iso_time), ("type", _same), ("job_id", _identity),
            ("data", from_json),
        ),
        start=(0, 0),
    ),
    Kind(
        "log_line",
        "export_log_lines",
        (
            ("id", _identity), ("job_id", _identity), ("number", _same), ("at", iso_time), ("level", _same),
            ("message", _same),
        ),
    ),
    Kind(
        "document",
        "export_documents",
        (
            ("id", _identity), ("source_type", _same), ("canonical_url", _same), ("url", _same), ("title", _same),
            ("content_hash", _same), ("created_at", iso_time), ("updated_at", iso_time), ("checked_at", iso_time),
            ("job_id", _identity), ("root_id", _identity), ("tags", from_json), ("metadata", from_json),
            ("results", from_json), ("markdown", _same),
        ),
    ),
    Kind(
        "document_version",
        "export_document_versions",
        (
            ("document_id", _identity), ("number", _same), ("at", iso_time), ("replaced_at", iso_time),
            ("root_id", _identity), ("url", _same), ("title", _same), ("content_hash", _same), ("markdown", _same),
        ),
        start=(0, 0),
    ),
    Kind(
        "act",
        "export_audit",
        (
            ("id", _identity), ("at", iso_time), ("shown", _same), ("address", _same), ("operation", _same),
            ("method", _same), ("path", _same), ("status", _same), ("code", _same),
        ),
    ),
)  # fmt: skip
"""All that is exported, in this order. No values of the environment, which are never stored, and nothing sealed."""


def export(reader: Reader, take: Callable[[Exported], None]) -> int:
    """Give everything to `take`, each with its `kind`; how much that was."""
    count = 0
    for kind in KINDS:
        for row in _rows(reader, kind):
            take(
                {"kind": kind.name}
                | {name: show(value) for (name, show), value in zip(kind.columns, row, strict=True)}
            )
            count += 1
    return count


def _rows(reader: Reader, kind: Kind) -> Iterator[Row]:
    keys = ("after", "after_number")[: len(kind.start)]
    after = kind.start
    while page := reader.rows(kind.statement, **dict(zip(keys, after, strict=True)), limit=PAGE):
        yield from page
        after = page[-1][: len(after)]
