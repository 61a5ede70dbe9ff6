"""The calls of processes that these tests rely on."""

import signal
import subprocess

import pytest

from tests.cli.calling import Caller, end_of, lines_until, start
from tests.cli.desk import Desk


def test_no_line_is_lost_between_those_read_one_by_one_and_the_rest(quaero: Caller) -> None:
    assert quaero("run", "reindex").code == 0
    whole = quaero("jobs", "follow", "1").out.splitlines()
    with start("jobs", "follow", "1") as process:
        process.wait(60)  # so that the first read finds all of it
        first = lines_until(process, "")
        result = end_of(process)
    assert (result.code, [*first, *result.out.splitlines()]) == (0, whole)
    assert len(whole) > len(first) == 1


def test_what_it_complained_of_comes_with_the_end() -> None:
    with start("jobs", "show", "99") as process:
        result = end_of(process)
    assert (result.code, result.out, result.err.count("\n"), result.err[:7]) == (3, "", 1, "error: ")


def test_a_process_that_does_not_end_in_time_is_killed(quaero: Caller, desk: Desk) -> None:
    with start("run", str(desk.definition())) as process:
        desk.next()
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=0.05)
        assert process.wait(60) == -signal.SIGKILL
