"""What is stored, by names instead of numbers: two that come about at once get their ids in any order."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

RANDOM_COLUMNS = {"lease_owner", "owner"}
TABLES = (
    "jobs", "runs", "run_needs", "gates", "duties", "progress", "work_keys", "frontier", "events", "log_lines",
    "documents", "document_versions", "definitions", "definition_versions", "schedules",
)  # fmt: skip
JOB_COLUMNS = {
    "jobs": {"id", "root_id", "parent_id", "discovered_by"},
    "runs": {"job_id", "origin_id"},
    "run_needs": {"run_id", "needs_id"},
    "progress": {"job_id", "root_id"},
    "work_keys": {"parent_id", "job_id"},
    "frontier": {"parent_id", "discovered_by"},
    "events": {"root_id", "job_id"},
    "log_lines": {"job_id"},
    "documents": {"job_id", "root_id"},
    "document_versions": {"root_id"},
    "schedules": {"last_run_id"},
}
NUMBERED_OVER_ALL = {"frontier", "events", "log_lines", "documents"}
"""The ids of these tables only tell what came first; in the last three that is said otherwise."""

Row = dict[str, Any]


class Contents(msgspec.Struct):
    """The rows of each table, and the names of the jobs by their ids; equal if the rows are."""

    rows: dict[str, list[str]]
    names: dict[int, str]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Contents) and self.rows == other.rows

    def __hash__(self) -> int:
        return hash(repr(self.rows))


def told_apart(tables: Mapping[str, Sequence[Row]]) -> Contents:
    """The rows of the tables, with names where ids were, and without what is chosen by lot."""
    names = _names(tables["jobs"], {row["job_id"]: row for row in tables["runs"]})
    documents = {row["id"]: row["canonical_url"] for row in tables["documents"]}
    places: Counter[tuple[str, Any]] = Counter()
    found: dict[str, list[str]] = {}
    for table, rows in tables.items():
        told = []
        for row in sorted(rows, key=lambda row: row.get("id") or 0) if table in NUMBERED_OVER_ALL else rows:
            new = {key: value for key, value in row.items() if key not in RANDOM_COLUMNS}
            if table in NUMBERED_OVER_ALL:
                group = (table, row.get("parent_id"))
                places[group] += 1
                new["id"] = places[group] if table == "frontier" else 0
            if table == "events":
                new["data"] = _named(msgspec.json.decode(row["data"]), names, documents)
            if table == "document_versions":
                new["document_id"] = documents.get(row["document_id"])
            for column in JOB_COLUMNS.get(table, ()):
                new[column] = names.get(new[column], new[column])
            told.append(repr(sorted(new.items())))
        found[table] = sorted(told)
    return Contents(found, names)


def _names(jobs: Sequence[Row], runs: Mapping[int, Row]) -> dict[int, str]:
    names: dict[int, str] = {}
    counted: Counter[str] = Counter()
    for job in sorted(jobs, key=lambda job: job["id"]):
        if job["parent_id"] is None:
            name = f"{job['type']} {runs[job['id']]['launch_key']}"
        else:
            name = f"{names.get(job['parent_id'], job['parent_id'])}/{job['name']}"
        counted[name] += 1
        names[job["id"]] = f"{name} {counted[name]}"
    return names


def _named(data: Row, names: Mapping[int, str], documents: Mapping[int, str]) -> list[tuple[str, Any]]:
    new = {}
    for key, value in data.items():
        if key == "document_id":
            new[key] = documents.get(value, value)
        elif key in ("root_id", "job_id", "parent_id", "discovered_by"):
            new[key] = names.get(value, value)
        else:
            new[key] = value
    return sorted(new.items())
