"""Starting work over HTTP: runs, crawls and bulk operations, each once for each key."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from quaero.models.moment import iso_time
from quaero.views.moments import now_ms
from tests.kit import script_definition, script_step
from tests.web.scripted_runs import done, ended, started
from tests.web.serving import Served, served_at

EXECUTE = "/api/job-definitions/test/execute"


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def stored(served: Served, id: str = "test", **step: Any) -> None:  # noqa: A002
    """Keep a definition of one step."""
    toml = script_definition(script_step(**step), id=id).to_toml()
    served.call(lambda engine: engine.control.create_definition(toml))


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def run_of(answer: httpx.Response) -> int:
    assert answer.status_code == 202, answer.text
    run_id = answer.json()["job_id"]
    assert answer.headers["location"] == f"/api/jobs/{run_id}"
    return int(run_id)


def runs_in(api: httpx.Client) -> int:
    total: int = api.get("/api/jobs", params={"filter": "kind:run"}).json()["total"]
    return total


def test_a_definition_is_run_and_the_answer_leads_to_the_run(served: Served, api: httpx.Client) -> None:
    stored(served, count=2)
    run = ended(served, run_of(api.post(EXECUTE)))
    assert api.get(f"/api/jobs/{run}").json()["status"] == "completed"


def test_a_definition_is_run_later_with_a_priority(served: Served, api: httpx.Client) -> None:
    stored(served)
    at = iso_time(now_ms() + 3_600_000)
    run = api.get(f"/api/jobs/{run_of(api.post(EXECUTE, json={'at': at, 'priority': -10}))}").json()
    assert (run["run_at"], run["priority"], run["status"]) == (at, -10, "pending")
    assert problem(api.post(EXECUTE, json={"delay": "10m"})) == (409, "conflict")


def test_a_key_in_the_body_gives_the_run_of_the_first_call(served: Served, api: httpx.Client) -> None:
    stored(served)
    first = ended(served, run_of(api.post(EXECUTE, json={"key": "tonight"})))
    assert run_of(api.post(EXECUTE, json={"key": "tonight", "priority": 5})) == first
    assert problem(api.post(EXECUTE, json={"key": "http:tonight"})) == (400, "usage")
    both = api.post(EXECUTE, json={"key": "now"}, headers={"Idempotency-Key": "now"})
    assert problem(both) == (400, "usage")


def test_a_request_that_is_sent_again_starts_nothing_anew(served: Served, api: httpx.Client) -> None:
    stored(served)
    key = {"Idempotency-Key": "k1"}
    first = ended(served, run_of(api.post(EXECUTE, json={"priority": 1, "delay": None}, headers=key)))
    again = api.post(
        EXECUTE, content=b'{ "delay":null, "priority":1 }', headers=key | {"Content-Type": "application/json"}
    )
    assert run_of(again) == first
    assert run_of(api.post(EXECUTE, json={"priority": 1}, headers={"Idempotency-Key": "k2"})) != first


def test_a_request_that_is_sent_again_gets_its_run_though_it_could_not_start_now(
    served: Served, api: httpx.Client
) -> None:
    stored(served)
    key = {"Idempotency-Key": "k1"}
    first = run_of(api.post(EXECUTE, headers=key))
    api.post("/api/job-definitions/test/disable")
    assert run_of(api.post(EXECUTE, headers=key)) == first


def test_a_key_belongs_to_one_request(served: Served, api: httpx.Client) -> None:
    stored(served)
    stored(served, id="other")
    key = {"Idempotency-Key": "k1"}
    run = ended(served, run_of(api.post(EXECUTE, headers=key)))
    for path, body in [
        (EXECUTE, {"priority": 1}),
        ("/api/job-definitions/other/execute", None),
        (f"/api/jobs/{run}/rerun", None),
        ("/api/crawl", {"urls": ["https://example.org/"]}),
        ("/api/jobs/bulk", {"operation": "cancel", "filter": "state:failed", "expect": 0}),
    ]:
        assert problem(api.post(path, json=body, headers=key)) == (422, "key_reused")
    assert runs_in(api) == 1


def test_a_key_that_was_refused_is_free(served: Served, api: httpx.Client) -> None:
    stored(served)
    key = {"Idempotency-Key": "k1"}
    assert problem(api.post(EXECUTE, json={"at": "2001-01-01"}, headers=key)) == (400, "usage")
    run_of(api.post(EXECUTE, headers=key))


@pytest.mark.parametrize("key", ["", "two words", "x" * 200, "ö"])
def test_a_key_is_one_word(api: httpx.Client, key: str) -> None:
    headers = {"Idempotency-Key": key.encode()}
    answer = api.post("/api/crawl", json={"urls": ["https://example.org/"]}, headers=headers)  # type: ignore[arg-type]
    assert problem(answer) == (422, "invalid_request")


def test_of_requests_at_the_same_moment_one_starts_the_run_and_all_get_it(served_on_each: Served) -> None:
    served = served_on_each
    stored(served)
    run = ended(served, started(served, id="other"))
    with served.client() as api, ThreadPoolExecutor(8) as pool:
        for path in (EXECUTE, f"/api/jobs/{run}/rerun"):
            before, key = runs_in(api), {"Idempotency-Key": path}
            answers = list(pool.map(lambda _: api.post(path, headers=key), range(8)))  # noqa: B023
            assert len({run_of(answer) for answer in answers}) == 1
            assert runs_in(api) == before + 1


def test_of_two_requests_with_one_key_at_the_same_moment_one_is_refused(served_on_each: Served) -> None:
    served = served_on_each
    for name in ("one", "two"):
        stored(served, id=name)
    with served.client() as api, ThreadPoolExecutor(8) as pool:

        def execute(number: int) -> int:
            path = f"/api/job-definitions/{('one', 'two')[number % 2]}/execute"
            return api.post(path, headers={"Idempotency-Key": "same"}).status_code

        assert sorted(pool.map(execute, range(8))) == [202] * 4 + [422] * 4
        assert runs_in(api) == 1


def test_a_run_is_run_again_as_it_was(served: Served, api: httpx.Client) -> None:
    run = done(served, {"name": "a"})
    again = ended(served, run_of(api.post(f"/api/jobs/{run}/rerun")))
    shown = api.get(f"/api/jobs/{again}").json()
    assert (shown["launched_by"], shown["origin_id"]) == ("rerun", str(run))
    [step] = api.get(f"/api/jobs/{run}/children").json()["items"]
    assert problem(api.post(f"/api/jobs/{step['id']}/rerun")) == (409, "conflict")
    assert problem(api.post("/api/jobs/999/rerun")) == (404, "not_found")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with the real kinds of work, which executes nothing."""
    database = f"sqlite:///{tmp_path_factory.mktemp('installed')}/web.db"
    with served_at(database, working=False, installed=True) as served:
        yield served


def test_a_site_is_crawled_by_its_url(installed: Served) -> None:
    wish = {
        "urls": ["https://example.org/"],
        "include": ["/docs/"],
        "max_pages": 5,
        "tags": ["a"],
        "timeout": "30m",
    }
    with installed.client() as api:
        run = run_of(api.post("/api/crawl", json=wish))
        definition = installed.call(lambda engine: engine.store.run(run)).definition
        config = dict(definition.steps[0].config)
        assert (definition.tags, definition.timeout_ms) == (("a",), 1_800_000)
        assert (config["max_pages"], config["include_patterns"]) == (5, ["/docs/"])
        assert problem(api.post("/api/crawl", json=wish)) == (409, "conflict")
        assert api.get(f"/api/job-definitions/{definition.id}").json()["origin"] == "quick"


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ({}, (422, "invalid_request")),
        ({"urls": []}, (422, "invalid_request")),
        ({"urls": ["https://example.org/"], "max_pages": 0}, (422, "invalid_request")),
        ({"urls": ["example.org"]}, (400, "usage")),
        ({"urls": ["file:///etc/passwd"]}, (400, "usage")),
        ({"urls": ["https://example.org/"], "include": ["("]}, (422, "invalid_options")),
        ({"urls": ["https://example.org/"], "timeout": "soon"}, (422, "invalid_duration")),
    ],
)
def test_a_crawl_that_cannot_be_is_refused(
    installed: Served, wish: dict[str, Any], expected: tuple[int, str]
) -> None:
    with installed.client() as api:
        assert problem(api.post("/api/crawl", json=wish)) == expected


def test_a_complaint_about_a_crawl_names_the_key_of_the_request(installed: Served) -> None:
    with installed.client() as api:
        answer = api.post("/api/crawl", json={"urls": ["https://example.org/"], "include": ["("]}).json()
    assert [each["key"] for each in answer["complaints"]] == ["include"]


def test_one_thing_is_done_to_all_that_match_if_they_are_as_many_as_expected(
    served: Served, api: httpx.Client
) -> None:
    run = done(served, *({"name": name, "breaks": "broken"} for name in "abc"))
    order: dict[str, Any] = {"operation": "retry", "filter": f"run:{run} kind:child state:failed"}
    preview = api.post("/api/jobs/bulk/preview", json=order).json()
    assert (preview["total"], [job["name"] for job in preview["jobs"]]) == (3, ["a", "b", "c"])
    assert problem(api.post("/api/jobs/bulk", json=order | {"expect": 2})) == (409, "conflict")
    key = {"Idempotency-Key": "k1"}
    doing = ended(served, run_of(api.post("/api/jobs/bulk", json=order | {"expect": 3}, headers=key)))
    assert run_of(api.post("/api/jobs/bulk", json=order | {"expect": 3}, headers=key)) == doing
    ended(served, run)
    assert served.worker.executed == {"a": 2, "b": 2, "c": 2}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"operation": "cancel", "filter": "", "expect": 1}, (400, "usage")),
        ({"operation": "cancel", "filter": "state:failed", "all": True, "expect": 1}, (400, "usage")),
        ({"operation": "cancel", "filter": "stat:failed", "expect": 1}, (422, "invalid_filter")),
        ({"operation": "cancel", "filter": "state:failed"}, (422, "invalid_request")),
        ({"operation": "explode", "filter": "state:failed", "expect": 1}, (422, "invalid_request")),
        ({"operation": "delete", "filter": "state:failed", "expect": 1}, (400, "usage")),
        ({"operation": "priority", "filter": "state:failed", "expect": 1}, (400, "usage")),
        ({"operation": "cancel", "filter": "state:failed", "priority": 1, "expect": 1}, (400, "usage")),
        ({"operation": "cancel", "filter": "state:failed", "documents": True, "expect": 1}, (400, "usage")),
    ],
)
def test_a_bulk_operation_that_makes_no_sense_is_refused(
    api: httpx.Client, order: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert problem(api.post("/api/jobs/bulk", json=order)) == expected
