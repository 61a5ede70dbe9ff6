"""Jobs over HTTP: lists and counts, what is below a job, its log, and steering it."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.web.scripted_runs import done, ended, started
from tests.web.serving import Served

STATES = ("waiting", "pending", "running", "paused", "completed", "failed", "cancelled", "skipped")


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def got(api: httpx.Client, path: str, status: int = 200, **params: Any) -> Any:
    answer = api.get(f"/api{path}", params=params or None)
    assert answer.status_code == status, answer.text
    return answer.json()


def posted(api: httpx.Client, path: str, body: Any = None, status: int = 200) -> Any:
    answer = api.post(f"/api{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def names(page: Any) -> list[str]:
    return [item["name"] for item in page["items"]]


def test_jobs_are_listed_by_the_filter_with_their_number_and_counts(
    served: Served, api: httpx.Client
) -> None:
    run = done(served, {"name": "a"}, {"name": "b", "breaks": "http_404"}, {"name": "c", "breaks": "broken"})
    page = got(api, "/jobs", filter="kind:child state:failed code:http_404")
    assert (names(page), page["total"], page["next_cursor"]) == (["b"], 1, None)
    counts = got(api, "/jobs/counts", filter=f"run:{run} kind:child")
    assert counts == dict.fromkeys(STATES, 0) | {"total": 3, "completed": 1, "failed": 2}


def test_the_counts_of_a_filter_do_not_depend_on_the_states_that_it_wants(
    served: Served, api: httpx.Client
) -> None:
    done(served, {"name": "a"}, {"name": "b", "breaks": "broken"})
    assert got(api, "/jobs/counts", filter="state:failed") == got(api, "/jobs/counts")


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "kind:run",
        "kind:parent",
        "kind:child",
        "run:1",
        "run:1 kind:child",
        "run:4",
        "run:2",
        "run:1 kind:run",
        "parent:1",
        "parent:2",
        "parent:3",
    ],
)
def test_counts_that_parents_keep_are_those_of_the_jobs(served_on_each: Served, kind: str) -> None:
    served = served_on_each
    done(served, {"name": "a"}, {"name": "b", "breaks": "broken"}, id="one")
    run = started(served, {"name": "waits", "wait": True}, {"name": "later", "run_at": 10**14}, id="two")
    served.call(lambda _: served.worker.start_of("waits").wait())
    with served.client() as api:
        kept = got(api, "/jobs/counts", filter=kind)
        counted = got(api, "/jobs/counts", filter=f"{kind} upto:1000000")
        assert kept == counted
        assert kept["total"] == got(api, "/jobs", filter=kind)["total"]
        posted(api, f"/jobs/{run}/cancel")


def test_a_list_goes_on_where_a_page_ended_whatever_came_meanwhile(served: Served, api: httpx.Client) -> None:
    runs = [str(done(served, id=f"run-{number}")) for number in range(3)]
    first = got(api, "/jobs", filter="kind:run", limit=2)
    done(served, id="meanwhile")
    second = got(api, "/jobs", filter="kind:run", limit=2, cursor=first["next_cursor"])
    assert [item["id"] for item in first["items"] + second["items"]] == runs[::-1]
    assert (first["total"], second["total"], second["next_cursor"]) == (3, 4, None)


def test_a_job_is_shown_with_what_it_was_given(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a", "note": "all well"})
    [child] = got(api, "/jobs", filter=f"run:{run} kind:child")["items"]
    shown = got(api, f"/jobs/{child['id']}")
    assert (shown["note"], shown["config"]["name"], shown["hints"]) == ("all well", "a", [])


def test_a_run_that_is_paused_says_so(served: Served, api: httpx.Client) -> None:
    run = started(served, {"name": "a", "wait": True}, {"name": "b", "wait": True}, concurrency=1)
    served.call(lambda _: served.worker.start_of("a").wait())
    assert posted(api, f"/jobs/{run}/pause") == {"id": str(run), "status": "paused"}
    assert "paused" in got(api, f"/jobs/{run}")["hints"][0]
    assert posted(api, f"/jobs/{run}/resume") == {"id": str(run), "status": "running"}
    cancelled = posted(api, f"/jobs/{run}/cancel")
    assert cancelled == {"id": str(run), "cancelled": 4}


def test_the_tree_of_a_run_is_shown_from_any_of_its_jobs(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a"}, {"name": "b"})
    [_, child] = got(api, "/jobs", filter=f"run:{run} kind:child")["items"]
    tree = got(api, f"/jobs/{child['id']}/tree", limit=1)
    assert tree["id"] == str(run)
    assert [names({"items": step["jobs"]}) for step in tree["steps"]] == [["a"]]
    assert got(api, f"/jobs/{run}/tree", limit=0)["steps"][0]["jobs"] == []


def test_children_come_in_windows_in_which_each_keeps_its_place(served_on_each: Served) -> None:
    run = done(served_on_each, {"name": "last", "breaks": "broken"}, count=20)
    with served_on_each.client() as api:
        [step] = got(api, f"/jobs/{run}/children")["items"]
        path = f"/jobs/{step['id']}/children"
        whole = names(got(api, path))
        assert whole == [*(f"child {number}" for number in range(20)), "last"]
        window = got(api, path, offset=15, limit=3)
        assert (names(window), window["total"]) == (whole[15:18], 21)
        after = got(api, path, cursor=window["next_cursor"])
        assert (names(after), after["next_cursor"]) == (whole[18:], None)
        failed = got(api, path, state="failed,cancelled")
        assert (names(failed), failed["total"]) == (["last"], 1)
        assert names(got(api, path, offset=1_000)) == []
        none = got(api, f"/jobs/{failed['items'][0]['id']}/children")
        assert (none["items"], none["total"]) == ([], 0)


def test_errors_are_grouped_with_the_first_of_each(served: Served, api: httpx.Client) -> None:
    run = done(
        served, *({"name": name, "breaks": code} for name, code in [("a", "x"), ("b", "y"), ("c", "y")])
    )
    [step] = got(api, f"/jobs/{run}/children")["items"]
    errors = got(api, f"/jobs/{run}/errors")
    assert errors["total"] == 2
    groups = [(each["code"], each["count"], each["example"]["name"]) for each in errors["items"]]
    assert groups == [("y", 2, "b"), ("x", 1, "a")]
    assert {each["step_id"] for each in errors["items"]} == {step["id"]}
    assert got(api, f"/jobs/{step['id']}/errors") == errors
    own = got(api, f"/jobs/{errors['items'][0]['example']['job_id']}/errors")
    assert [(each["code"], each["count"]) for each in own["items"]] == [("y", 1)]


def test_a_log_is_read_from_both_ends_and_followed(served_on_each: Served) -> None:
    run = done(served_on_each, *({"name": str(n), "log": f"line {n}"} for n in range(7)), concurrency=1)
    with served_on_each.client() as api:
        path = f"/jobs/{run}/logs"
        whole = got(api, path)["items"]
        assert [line["message"] for line in whole] == [f"line {n}" for n in range(7)]
        first = got(api, path, limit=3)
        assert first["items"] == whole[:3]
        assert got(api, path, limit=3, cursor=first["next_cursor"])["items"] == whole[3:6]
        assert got(api, path, after=whole[4]["id"])["items"] == whole[5:]
        newest = got(api, path, newest=True, limit=3)
        assert newest["items"] == whole[:-4:-1]
        rest = got(api, path, newest=True, cursor=newest["next_cursor"])
        assert (rest["items"], rest["next_cursor"]) == (whole[3::-1], None)
        assert got(api, path, text="line 5")["items"] == whole[5:6]
        assert got(api, path, level="warning,error")["items"] == []


def test_a_log_is_downloaded_as_text(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a", "log": "one\ntwo"})
    answer = api.get(f"/api/jobs/{run}/logs/download")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="job-{run}.log"'
    assert [line.split()[-1] for line in answer.text.splitlines()] == ["one", "two"]


def test_the_fate_of_each_url_is_a_page_or_a_file(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a", "document": "text"}, {"name": "=b", "breaks": "http_404"}, concurrency=1)
    page = got(api, f"/jobs/{run}/urls")
    assert [(each["url"], each["fate"], each["error_code"]) for each in page["items"]] == [
        ("a", "stored", None),
        ("=b", "failed", "http_404"),
    ]
    assert got(api, f"/jobs/{run}/urls", state="failed", name="B")["items"] == page["items"][1:]
    [step] = got(api, f"/jobs/{run}/children")["items"]
    assert got(api, f"/jobs/{step['id']}/urls") == page
    lines = api.get(f"/api/jobs/{run}/urls", params={"format": "jsonl"}).text.splitlines()
    assert list(map(json.loads, lines)) == page["items"]
    table = api.get(f"/api/jobs/{run}/urls", params={"format": "csv"})
    assert table.headers["content-disposition"] == f'attachment; filename="urls-of-{run}.csv"'
    rows = list(csv.reader(io.StringIO(table.text)))
    assert [row[:2] for row in rows] == [["url", "fate"], ["a", "stored"], ["'=b", "failed"]]


def test_events_of_a_run_are_read_by_their_numbers(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a"})
    first = got(api, f"/jobs/{run}/events", limit=2)
    assert [event["number"] for event in first["items"]] == [1, 2]
    rest = got(api, f"/jobs/{run}/events", cursor=first["next_cursor"])
    assert rest["items"][0]["number"] == 3
    assert rest["items"][-1]["type"] == "job_completed"


def test_what_failed_is_tried_again(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a", "breaks": "broken"}, {"name": "b"})
    assert posted(api, f"/jobs/{run}/retry") == {"id": str(run), "run_id": str(run), "reopened": 1}
    ended(served, run)
    assert served.worker.executed["a"] == 2


def test_a_run_is_put_before_others_and_deleted_when_it_has_ended(served: Served, api: httpx.Client) -> None:
    run = started(served, {"name": "a", "wait": True})
    assert posted(api, f"/jobs/{run}/priority", {"priority": -10}) == {"id": str(run), "priority": -10}
    assert got(api, f"/jobs/{run}")["priority"] == -10
    refused = api.delete(f"/api/jobs/{run}")
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    served.worker.release("a")
    ended(served, run)
    assert api.delete(f"/api/jobs/{run}").json() == {"id": str(run), "deleted": 3}
    assert got(api, f"/jobs/{run}", 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/jobs/7", 404, "not_found"),
        ("/jobs/7/tree", 404, "not_found"),
        ("/jobs/7/children", 404, "not_found"),
        ("/jobs/7/errors", 404, "not_found"),
        ("/jobs/7/logs", 404, "not_found"),
        ("/jobs/7/logs/download", 404, "not_found"),
        ("/jobs/7/events", 404, "not_found"),
        ("/jobs/0", 422, "invalid_request"),
        ("/jobs/seven", 422, "invalid_request"),
        ("/jobs/9223372036854775808", 422, "invalid_request"),
        ("/jobs?limit=0", 422, "invalid_request"),
        ("/jobs?limit=1001", 422, "invalid_request"),
        ("/jobs?cursor=abc", 400, "usage"),
        ("/jobs?cursor=", 400, "usage"),
        ("/jobs?cursor=99999999999999999999", 400, "usage"),
        ("/jobs?filter=stat:failed", 422, "invalid_filter"),
        ("/jobs/counts?filter=state:broken", 422, "invalid_filter"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_code(
    api: httpx.Client, path: str, status: int, code: str
) -> None:
    assert got(api, path, status)["code"] == code


@pytest.mark.parametrize("part", ["children?state=broken", "logs?level=loud", "children?offset=-1"])
def test_parts_of_a_job_that_there_cannot_be_are_refused(
    served: Served, api: httpx.Client, part: str
) -> None:
    run = done(served)
    assert got(api, f"/jobs/{run}/{part}", 422 if "offset" in part else 400)["code"] in (
        "usage",
        "invalid_request",
    )


def test_complaints_of_a_filter_name_what_was_meant(api: httpx.Client) -> None:
    problem = got(api, "/jobs", 422, filter="stat:failed kind:runs")
    assert [(each["key"], each["instead"]) for each in problem["complaints"]] == [
        ("stat", "state"),
        ("kind", "run"),
    ]
