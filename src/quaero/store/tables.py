"""What a store consists of: its tables as every database has them, in the order in which they refer to each other."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Table:
    """`key`: the columns that tell its rows apart. `numbered`: the database gives out its ids, none of them twice.

    `large`: a row may have megabytes.
    """

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    numbered: bool = False
    large: bool = False


def _table(name: str, key: str, others: str = "", *, numbered: bool = False, large: bool = False) -> Table:
    return Table(name, tuple(key.split()), (*key.split(), *others.split()), numbered, large)


TABLES: Final[tuple[Table, ...]] = (
    _table("definitions", "id", "body source origin enabled edited version created_at updated_at"),
    _table("definition_versions", "definition_id number", "at change body source"),
    _table(
        "schedules",
        "definition_id",
        "cron timezone version next_at last_planned_at last_run_id skipped error",
    ),
    _table("variables", "name", "value updated_at"),
    _table("credentials", "name", "hosts kind sealed key_id created_at updated_at"),
    _table("gates", "scope key", "concurrency paused"),
    _table("paces", "name", "next_at"),
    _table("budgets", "name", "spent updated_at"),
    _table("answers", "question", "value at", large=True),
    _table("upkeep", "what", "at detail"),
    _table("audit", "id", "at shown address operation method path status code", numbered=True),
    _table(
        "jobs",
        "id",
        """root_id parent_id kind type name state config depth discovered_by host priority run_at attempt lost_leases
        suspicion reopened lease_number lease_owner lease_until created_at started_at finished_at error_code error
        note""",
        numbered=True,
    ),
    _table(
        "runs",
        "job_id",
        "definition_id definition launch_key launch_request launched_by origin_id paused_at last_event pruned_events",
    ),
    _table("run_needs", "run_id needs_id"),
    _table(
        "progress",
        "job_id",
        """root_id step plan_closed planned concurrency max_documents slots max_failures max_failed_percent
        failure_action timeout deadline total waiting pending running paused completed failed cancelled skipped
        created updated unchanged rate rated_at rated_ended dirty""",
    ),
    _table("work_keys", "parent_id dedupe_key", "job_id"),
    _table(
        "frontier",
        "id",
        "parent_id dedupe_key type name config depth priority host run_at discovered_by",
        numbered=True,
    ),
    _table("events", "root_id number", "at type job_id data"),
    _table("log_lines", "id", "job_id number at level message", numbered=True),
    _table(
        "documents",
        "id",
        """source_type canonical_url url title markdown metadata content_hash created_at updated_at checked_at job_id
        root_id version""",
        numbered=True,
        large=True,
    ),
    _table(
        "document_versions",
        "document_id number",
        "at replaced_at root_id url title content_hash markdown",
        large=True,
    ),
    _table("document_sources", "document_id", "media_type body", large=True),
    _table("document_tags", "document_id tag definition_id"),
    _table(
        "document_results", "document_id agent", "version model maker content_hash value at job_id root_id"
    ),
)

OF_PROCESSES: Final = ("processes", "duties", "clock")
"""Tables of whoever has a store open and of the machine that it is on: not part of what it holds."""
