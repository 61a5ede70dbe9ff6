"""Three hosts work on a run; one is cut off, one is killed, the server crashes: the run ends exact by itself.

A long run: `QUAERO_JOBS=50000 pytest -s tests/faults/test_hosts.py`; with a crawl beside it: `bench/hosts.py`.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.judgement import faults
from tests.faults.field import CONCURRENCY, Field, disturb
from tests.faults.host_work import expected
from tests.faults.hosts import Hosts, lacking
from tests.places import PostgresPlace

pytestmark = pytest.mark.only("postgres", reason="hosts")

JOBS = int(os.environ.get("QUAERO_JOBS", "2000"))
UNDISTURBED_SECONDS = 8
"""How long three hosts would take about for the run."""

AGAIN = 2 * CONCURRENCY


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Field]:
    reason = lacking()
    if reason is not None:
        sys.stderr.write(f"\nNOT TESTED: {reason}\n")
        pytest.skip(reason)
    with Hosts(3) as hosts, Field(hosts, tmp_path) as field:
        yield field


def test_a_run_ends_exact_while_one_host_is_cut_off_one_is_killed_and_the_server_crashes(
    field: Field,
) -> None:
    for host in field.hosts.hosts:
        field.start_worker(host)
    run_id = field.launch("main", JOBS, UNDISTURBED_SECONDS * 1_000 * CONCURRENCY * 3 / JOBS)

    disturb(field, run_id, JOBS)
    field.wait_for_end(run_id)
    field.tell("the run has ended")

    cut_off, _, other = field.hosts.hosts
    field.workers[other.name].stop()
    again = field.launch("again", AGAIN, 0)
    field.wait_for_end(again)  # by the host that was cut off
    place = PostgresPlace(field.url)
    assert asyncio.run(faults(place, run_id, expected(JOBS))) == []
    assert asyncio.run(faults(place, again, expected(AGAIN))) == []
    field.quaero("db", "check")
    back = field.workers[cut_off.name]
    assert back.alive
    assert back.said.count("cannot be reached") == back.said.count("there again after") == 1, back.said
    assert back.stop() == 0
    field.tell("all judged")
