"""The statements that run all the time find their rows by an index, however much has been done before."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest

from quaero.store.check import CHECKS
from quaero.store.reads import NO_ID, JobFilter
from quaero.store.sqlite.connection import open_writer
from quaero.store.sqlite.statements import statement

pytestmark = pytest.mark.only("sqlite", reason="plans")

FINISHED = 20_000
"""Finished children in the table; a full scan needs some steps of the database for each of them."""

FEW_STEPS = 2_000
RUN, CRAWLED, CRAWLING = 1, 2, 3

TREE = """
INSERT INTO jobs (id, root_id, parent_id, kind, type, name, state, run_at, created_at) VALUES
  (1, 1, NULL, 'run', 'd', 'd', 'running', 0, 0),
  (2, 1, 1, 'parent', 'crawl', 'crawled', 'running', 0, 0),
  (3, 1, 1, 'parent', 'crawl', 'crawling', 'running', 0, 0);
INSERT INTO runs (job_id, definition_id, definition, launched_by, last_event)
VALUES (1, 'd', '{}', 'person', :finished);
INSERT INTO progress (job_id, root_id, step, plan_closed, pending, dirty) VALUES
  (1, 1, NULL, 1, 0, 0), (2, 1, 0, 1, 0, 0), (3, 1, 1, 1, 10, 1);
"""
NUMBERS = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :finished) "
ROWS = (
    """INSERT INTO jobs (root_id, parent_id, kind, type, name, state, run_at, created_at, started_at, finished_at)
    SELECT 1, 2, 'child', 'page', 'page ' || n, 'completed', 0, 0, 0, 1 FROM numbers""",
    "INSERT INTO progress (job_id, root_id, plan_closed) SELECT 3 + n, 3 + n, 1 FROM numbers",
    """INSERT INTO jobs (root_id, parent_id, kind, type, name, state, run_at, created_at)
    SELECT 1, 3, 'child', 'page', 'page ' || n, 'pending', 0, 0 FROM numbers LIMIT 10""",
    """INSERT INTO events (root_id, number, at, type, job_id, data)
    SELECT 1, n, 0, 'job_status_change', 3 + n, '{}' FROM numbers""",
    "INSERT INTO log_lines (job_id, number, at, level, message) SELECT 3 + n, 1, 0, 'info', '' FROM numbers",
    """INSERT INTO documents (source_type, canonical_url, url, title, markdown, content_hash, created_at, updated_at,
    checked_at, job_id, root_id) SELECT 'web', 'url ' || n, 'url ' || n, '', '', '', 0, 0, 0, 3 + n, 1 FROM numbers""",
    "INSERT INTO work_keys (parent_id, dedupe_key, job_id) SELECT 2, 'page ' || n, 3 + n FROM numbers",
    """INSERT INTO frontier (parent_id, dedupe_key, type, name, config, depth, priority)
    SELECT 3, 'page ' || n, 'page', '', '{}', 3, 0 FROM numbers""",
    "INSERT INTO work_keys (parent_id, dedupe_key) SELECT parent_id, dedupe_key FROM frontier",
)


@pytest.fixture(scope="module", params=[False, True], ids=["new", "analyzed"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[apsw.Connection]:
    """A run with one step that is done, of many children, and one that has just begun.

    As it is, and with the statistics that maintenance gathers: they must not lead to other plans that are worse.
    """
    connection = open_writer(tmp_path_factory.mktemp("plans") / "test.db")
    connection.execute("BEGIN")
    connection.execute(TREE, {"finished": FINISHED})
    for rows in ROWS:
        head, found, select = rows.partition("SELECT")
        connection.execute(head + NUMBERS + found + select, {"finished": FINISHED})
    connection.execute("COMMIT")
    if request.param:
        connection.execute("ANALYZE")
    yield connection
    connection.close()


def steps(connection: apsw.Connection, name: str, parameters: dict[str, Any]) -> int:
    """How many steps of its virtual machine SQLite takes for the statement; what it wrote is undone."""
    taken: list[int] = []

    def profiled(event: dict[str, Any]) -> None:
        taken.append(event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"])

    connection.execute("SAVEPOINT before")
    connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, profiled)
    connection.execute(statement(name), parameters).fetchall()
    connection.trace_v2(0, None)
    connection.execute("ROLLBACK TO before")
    connection.execute("RELEASE before")
    return taken[0]


LOG = {"levels": None, "contains": "", "limit": 100}
READY = {
    "types": '["page"]', "full_hosts": "[]", "skip": "[]", "now": 0, "limit": 5, "suspects": 1, "suspect_from": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("ready_jobs", {**READY, "parent_id": CRAWLING}),
        ("ready_jobs", {**READY, "parent_id": CRAWLED}),
        ("claim_jobs", {"owner": "o", "lease_until": 1, "now": 0, "ids": "[20004, 20005]"}),
        ("ready_lanes", {"runs": None, "now": 0, "planned": None}),
        ("ready_lanes", {"runs": None, "now": 0, "planned": CRAWLED}),
        ("running_by_gate", {}),
        ("holds_suspect", {"owner": "o", "suspect_from": 5}),
        ("next_run_start", {"now": 0}),
        ("any_lost", {"ticks": 1, "dead_owners": "[]"}),
        ("still_held", {"leases": "[[20004, 1]]"}),
        ("parents_to_decide", {}),
        ("list_processes", {}),
        ("pending_types", {"root_id": RUN, "of_each": 1_000}),
        ("launch_tree", {"run_id": RUN}),
        ("launches", {"ids": "[1]"}),
        ("steps_of_runs", {"ids": "[1]"}),
        ("runs_that_need", {"needs_id": RUN}),
        ("lost_leases", {"ticks": 1, "dead_owners": "[]"}),
        ("lease_owners", {}),
        ("dirty_parents", {"root_id": RUN}),
        ("dirty_runs", {"limit": 64}),
        ("open_child_exists", {"parent_id": CRAWLED}),
        ("open_children", {"parent_id": CRAWLED}),
        ("list_children", {"parent_id": CRAWLED, "states": None, "after": 0, "offset": 0, "limit": 20}),
        ("states_of_children", {"job_id": CRAWLED}),
        ("run_of_key", {"launch_key": "http:key"}),
        ("events_after", {"root_id": RUN, "after": FINISHED - 5, "limit": 100}),
        ("runs_with_news", {"known": "[1]", "newest": 0, "limit": 1_000}),
        ("news_of_runs", {"known": "[1]"}),
        ("newest_runs", {"limit": 1_000}),
        ("events_between", {"root_id": RUN, "after": FINISHED - 5, "up_to": FINISHED, "limit": 100}),
        ("parent_events_between", {"root_id": RUN, "after": FINISHED - 5, "up_to": FINISHED, "limit": 100}),
        ("find_document", {"source_type": "web", "canonical_url": "url 7"}),
        ("insert_key", {"parent_id": CRAWLED, "dedupe_key": "new", "job_id": None}),
        ("insert_key", {"parent_id": CRAWLED, "dedupe_key": "page 7", "job_id": None}),
        ("set_key_job", {"parent_id": CRAWLED, "dedupe_key": "page 7", "job_id": 4}),
        ("key_holder", {"parent_id": CRAWLED, "dedupe_key": "page 7"}),
        ("take_from_frontier", {"parent_id": CRAWLING, "limit": 5}),
        ("insert_keys", {"parent_id": CRAWLED, "keys": '["page 7", "new"]'}),
        ("deeper_work", {"parent_id": CRAWLING, "keys": '["page 7"]', "depth": 1}),
        ("lift_frontier", {"parent_id": CRAWLING, "dedupe_key": "page 7", "depth": 1, "priority": 0}),
        ("remove_from_frontier", {"parent_id": CRAWLING, "dedupe_key": "page 7"}),
        ("insert_log_line", {"job_id": 7, "at": 0, "level": "info", "message": ""}),
        ("log_lines", {**LOG, "job_id": 7, "after": 0, "before": NO_ID, "direction": 1}),
        ("log_lines_after", {**LOG, "job_id": RUN, "after": FINISHED - 5}),
        ("old_log_lines", {"before": 1, "after": FINISHED - 5, "limit": 100}),
        ("old_events", {"before": 1, "after": 0, "limit": 100}),
        ("old_runs", {"before": 1, "after": 0, "limit": 100}),
        ("prune_events", {"root_id": RUN, "before": 1, "limit": 100}),
        ("delete_events", {"root_id": RUN, "last": 5}),
        ("delete_log_lines", {"job_ids": "[7, 8]", "before": 1}),
        ("pruned_events", {"root_id": RUN}),
        ("leased_jobs", {}),
        ("next_run_at", {"parent_id": CRAWLING}),
        ("running_jobs", {"root_id": RUN, "limit": 50}),
        ("overdue", {"now": 1}),
        ("open_run_of_definition", {"definition_id": "d"}),
        ("document_by_url", {"url": "url 19999"}),
        ("count_tree", {"root_id": 2}),
    ],
)
def test_a_frequent_statement_does_not_look_at_what_is_finished(
    database: apsw.Connection, name: str, parameters: dict[str, Any]
) -> None:
    assert steps(database, name, parameters) < FEW_STEPS


FIRST_PAGE = {**JobFilter().parameters(), "before": None, "after": None, "limit": 51, "oldest_first": 1}
SELECTED = {"after": FINISHED - 50, "limit": 50}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("list_jobs", {}),
        ("list_runs", {}),
        ("list_jobs_below", {"parent_id": RUN}),
        ("count_runs", {}),
        ("select_jobs", SELECTED),
        ("select_runs", {"after": 0}),
        ("select_jobs_below", {"parent_id": CRAWLED, **SELECTED}),
        ("newest_job", {}),
        ("held_jobs", {}),
        ("last_runs", {}),
    ],
)
def test_the_first_page_of_a_list_of_jobs_does_not_read_all_jobs(
    database: apsw.Connection, name: str, wanted: dict[str, Any]
) -> None:
    assert steps(database, name, {**FIRST_PAGE, **wanted}) < 2 * FEW_STEPS


@pytest.mark.parametrize(
    "name", sorted(CHECKS.keys() - {"check_terminal_moves", "check_work_keys", "check_order"})
)
def test_a_check_takes_time_in_proportion_to_what_is_stored(database: apsw.Connection, name: str) -> None:
    assert steps(database, name, {}) < 500 * FINISHED


@pytest.mark.parametrize("name", ["check_terminal_moves", "check_work_keys", "check_order"])
def test_a_check_of_all_rows_against_others_takes_time_in_proportion_too(tmp_path: Path, name: str) -> None:
    taken = []
    for size in (500, 2_000):
        connection = open_writer(tmp_path / f"{size}.db")
        connection.execute(TREE, {"finished": size})
        for rows in ROWS:
            head, found, select = rows.partition("SELECT")
            connection.execute(head + NUMBERS + found + select, {"finished": size})
        taken.append(steps(connection, name, {}))
        connection.close()

    assert taken[1] < 6 * taken[0]
