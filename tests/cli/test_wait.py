"""Waiting for the end of jobs, and following their events."""

import json
import signal

import pytest

from tests.cli.calling import Caller, end_of, lines_until, running
from tests.cli.desk import Desk


@pytest.fixture
def finished(quaero: Caller, desk: Desk) -> Caller:
    """The command, with a completed run 1."""
    assert quaero("run", "reindex").code == 0
    return quaero


@pytest.mark.parametrize(("answer", "code"), [("done", 0), ("fail", 1)])
def test_the_end_of_a_run_in_another_process_is_waited_for(
    quaero: Caller, desk: Desk, answer: str, code: int
) -> None:
    with running("run", str(desk.definition())):
        visitor = desk.next()
        with running("jobs", "wait", "1", "3") as wait:
            visitor.release(answer)
            result = end_of(wait)
    assert result.code == code
    ended = "completed" if code == 0 else "failed"
    assert sorted(line.split(":")[0] for line in result.out.splitlines()) == [
        f"job 3 {ended}",
        f"run 1 {ended}",
    ]


def test_jobs_that_have_ended_are_not_waited_for(finished: Caller) -> None:
    assert (
        finished("jobs", "wait", "1", "2", "3").out == "run 1 completed\njob 2 completed\njob 3 completed\n"
    )
    assert finished("jobs", "wait", "1", "--json").json["items"] == [
        {"id": "1", "status": "completed", "error": None}
    ]


def test_a_cancelled_job_is_no_success(quaero: Caller, desk: Desk) -> None:
    assert quaero("run", str(desk.definition()), "--detach").code == 0
    assert quaero("jobs", "cancel", "1").code == 0
    assert quaero("jobs", "wait", "1").code == 1


def test_when_the_time_is_up_it_says_what_is_open(finished: Caller, desk: Desk) -> None:
    opened = finished("run", str(desk.definition()), "--detach", "--json").json["id"]
    result = finished("jobs", "wait", "1", opened, "--timeout", "50ms", "--json")
    assert (result.code, result.err) == (124, f"error: job {opened} is pending after 50ms\n")
    assert [item["status"] for item in result.json["items"]] == ["completed", "pending"]


def test_a_wait_is_interrupted(quaero: Caller, desk: Desk) -> None:
    with running("run", str(desk.definition())):
        desk.next()
        with running("jobs", "follow", "1") as follow:
            lines_until(follow, "job_spawn")
            follow.send_signal(signal.SIGINT)
            result = end_of(follow)
    assert (result.code, result.err.strip()) == (130, "")


def test_events_are_followed_from_another_process_until_the_end(quaero: Caller, desk: Desk) -> None:
    with running("run", str(desk.definition(count=2))):
        visitors = [desk.next(), desk.next()]
        with running("jobs", "follow", "1", "--json") as follow:
            begun = lines_until(follow, '"job_spawn"')
            for visitor in visitors:
                visitor.release()
            result = end_of(follow)
    events = [json.loads(line) for line in [*begun, *result.out.splitlines()]]
    assert result.code == 0
    assert [event["number"] for event in events] == list(range(1, len(events) + 1))
    assert set(events[0]) == {"number", "run_id", "job_id", "at", "type", "data"}
    assert [event["type"] for event in events].count("job_completed") == 1
    assert events[-1]["type"] == "job_completed"


def test_events_are_followed_from_any_number(finished: Caller) -> None:
    whole = finished("jobs", "follow", "1").out.splitlines()
    assert finished("jobs", "follow", "3", "--after", "4").out.splitlines() == whole[4:]
    assert finished("jobs", "follow", "1", "--after", str(len(whole))).out == ""


def test_the_events_of_a_failed_run_end_with_1(quaero: Caller, desk: Desk) -> None:
    with running("run", str(desk.definition())) as process:
        desk.next().release("fail")
        assert end_of(process).code == 1
    assert quaero("jobs", "follow", "1").code == 1
