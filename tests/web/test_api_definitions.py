"""Definitions over HTTP: writing, looking, checking, switching, and their versions."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.web.serving import Served, served_at

TOML = """\
# mine
id = "docs"
name = "Docs"

[[steps]]
name = "crawl"
action = "script"
[steps.config]
count = 2
"""


@pytest.fixture
def api(served: Served) -> Iterator[httpx.Client]:
    with served.client() as client:
        yield client


def created(api: httpx.Client, toml: str = TOML) -> httpx.Response:
    answer = api.post("/api/job-definitions", json={"toml": toml})
    assert answer.status_code == 201, answer.text
    return answer


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def changed(name: str) -> dict[str, str]:
    return {"toml": TOML.replace('"Docs"', f'"{name}"')}


def test_a_definition_is_created_once_and_read_back_as_it_was_written(api: httpx.Client) -> None:
    answer = created(api)
    assert answer.json() == {"id": "docs", "change": "created", "version": 1}
    assert answer.headers["location"] == "/api/job-definitions/docs"
    shown = api.get(answer.headers["location"])
    assert shown.headers["etag"] == answer.headers["etag"] == '"1"'
    assert (shown.json()["toml"], shown.json()["name"]) == (TOML, "Docs")
    assert shown.json()["definition"]["steps"][0]["config"] == {"count": 2}
    assert problem(api.post("/api/job-definitions", json={"toml": TOML})) == (409, "conflict")


def test_keys_and_values_become_a_text_that_people_can_read(api: httpx.Client) -> None:
    step = {"name": "crawl", "action": "script", "config": {"count": 2}, "timeout": "30m", "condition": None}
    definition = {"id": "docs", "name": "Docs", "steps": [step]}
    assert api.post("/api/job-definitions", json={"definition": definition}).status_code == 201
    lines = api.get("/api/job-definitions/docs").json()["toml"].splitlines()
    assert 'timeout = "30m"' in lines
    assert "[[steps]]" in lines


def test_a_change_on_top_of_what_was_seen_is_kept_and_any_other_refused(api: httpx.Client) -> None:
    created(api)
    path, seen = "/api/job-definitions/docs", {"If-Match": '"1"'}
    kept = api.put(path, json=changed("New"), headers=seen)
    assert (kept.json(), kept.headers["etag"]) == ({"id": "docs", "change": "edited", "version": 2}, '"2"')
    assert problem(api.put(path, json=changed("Late"), headers=seen)) == (412, "precondition_failed")
    assert problem(api.put(path, json=changed("Late"), headers={"If-Match": 'W/"2"'}))[0] == 412
    assert problem(api.delete(path, headers=seen)) == (412, "precondition_failed")
    assert api.get(path).json()["name"] == "New"
    several = api.put(path, json=changed("Newer"), headers={"If-Match": '"7", "2"'})
    assert several.json()["version"] == 3
    assert api.put(path, json=changed("Newer")).json()["change"] is None
    assert api.put(path, json=changed("Newest"), headers={"If-Match": "*"}).json()["version"] == 4


def test_of_changes_at_the_same_moment_on_top_of_one_version_one_is_kept(served_on_each: Served) -> None:
    with served_on_each.client() as api, ThreadPoolExecutor(8) as pool:
        created(api)
        path, seen = "/api/job-definitions/docs", {"If-Match": '"1"'}
        answers = list(pool.map(lambda n: api.put(path, json=changed(f"by {n}"), headers=seen), range(6)))
        assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412, 412, 412]
        assert api.get(path).json()["version"] == 2


def test_who_has_the_version_is_not_sent_it_again(api: httpx.Client) -> None:
    created(api)
    known = api.get("/api/job-definitions/docs", headers={"If-None-Match": '"1"'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", '"1"')
    assert api.get("/api/job-definitions/docs", headers={"If-None-Match": '"2"'}).status_code == 200


def test_a_definition_keeps_its_id(api: httpx.Client) -> None:
    created(api)
    other = {"toml": TOML.replace('"docs"', '"other"')}
    assert problem(api.put("/api/job-definitions/docs", json=other)) == (422, "invalid_definition")
    assert problem(api.put("/api/job-definitions/other", json=other)) == (404, "not_found")


def test_everything_wrong_is_said_with_its_line_and_nothing_is_kept(api: httpx.Client) -> None:
    wrong = TOML.replace("count", "cuont").replace('action = "script"', 'action = "scirpt"')
    refused = api.post("/api/job-definitions", json={"toml": wrong})
    assert problem(refused) == (422, "invalid_definition")
    checked = api.post("/api/job-definitions/validate", json={"toml": wrong}).json()
    assert (checked["valid"], checked["complaints"]) == (False, refused.json()["complaints"])
    [complaint] = checked["complaints"]
    assert (complaint["line"], complaint["instead"]) == (7, "script")
    assert api.get("/api/job-definitions", params={"origin": "user"}).json()["total"] == 0


def test_complaints_about_keys_and_values_name_no_lines(api: httpx.Client) -> None:
    checked = api.post(
        "/api/job-definitions/validate", json={"definition": {"id": "docs", "steps": []}}
    ).json()
    assert {(each["key"], each["line"]) for each in checked["complaints"]} == {
        ("name", None),
        ("steps", None),
    }


def test_a_valid_text_is_told_with_what_it_names_that_there_is_not(api: httpx.Client) -> None:
    toml = TOML.replace("\n[[steps]]", 'auth = "wiki"\npost_jobs = ["later"]\n[[steps]]', 1)
    checked = api.post("/api/job-definitions/validate", json={"toml": toml}).json()
    assert (checked["valid"], checked["toml"], checked["definition"]["id"]) == (True, toml, "docs")
    assert ["later" in checked["warnings"][0], "wiki" in checked["warnings"][1]] == [True, True]


def test_a_definition_is_switched_and_exported_as_it_is(api: httpx.Client) -> None:
    created(api)
    off = api.post("/api/job-definitions/docs/disable").json()
    assert (off["change"], off["version"]) == ("disabled", 2)
    assert api.post("/api/job-definitions/docs/disable").json()["change"] is None
    exported = api.get("/api/job-definitions/docs/export")
    assert exported.headers["content-disposition"] == 'attachment; filename="docs.toml"'
    assert exported.text == TOML.replace('name = "Docs"\n', 'name = "Docs"\nenabled = false\n', 1)
    assert problem(api.post("/api/job-definitions/docs/execute")) == (409, "conflict")
    assert api.post("/api/job-definitions/docs/enable").json()["change"] == "enabled"


def test_versions_stay_when_a_definition_is_deleted(api: httpx.Client) -> None:
    created(api)
    api.put("/api/job-definitions/docs", json=changed("New"))
    assert api.delete("/api/job-definitions/docs").json() == {"id": "docs", "change": "deleted"}
    assert problem(api.get("/api/job-definitions/docs")) == (404, "not_found")
    versions = api.get("/api/job-definitions/docs/versions").json()
    assert [each["change"] for each in versions["items"]] == ["created", "edited", "deleted"]
    first = api.get("/api/job-definitions/docs/versions/1").json()
    assert (first["toml"], first["definition"]["name"]) == (TOML, "Docs")
    assert problem(api.get("/api/job-definitions/docs/versions/9")) == (404, "not_found")


def test_definitions_are_listed_by_id_from_page_to_page(api: httpx.Client) -> None:
    for name in ("c", "a", "b"):
        created(api, TOML.replace('"docs"', f'"{name}"'))
    first = api.get("/api/job-definitions", params={"origin": "user", "limit": 2}).json()
    assert ([each["id"] for each in first["items"]], first["total"]) == (["a", "b"], 3)
    rest = {"origin": "user", "cursor": first["next_cursor"]}
    second = api.get("/api/job-definitions", params=rest).json()
    assert ([each["id"] for each in second["items"]], second["next_cursor"]) == (["c"], None)


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("POST", "", {}, (422, "invalid_request")),
        ("POST", "", {"toml": TOML, "definition": {}}, (422, "invalid_request")),
        ("POST", "", {"toml": 7}, (422, "invalid_request")),
        ("POST", "", {"toml": TOML, "more": 1}, (422, "invalid_request")),
        ("POST", "", {"toml": ""}, (422, "invalid_definition")),
        ("POST", "", {"definition": {"id": float(10**300)}}, (422, "invalid_definition")),
        ("GET", "/none", None, (404, "not_found")),
        ("GET", "/No%20Such", None, (422, "invalid_request")),
        ("DELETE", "/none", None, (404, "not_found")),
        ("POST", "/none/enable", None, (404, "not_found")),
        ("POST", "/none/execute", None, (404, "not_found")),
        ("GET", "/none/versions", None, (404, "not_found")),
        ("GET", "/none/export", None, (404, "not_found")),
        ("GET", "?origin=mine", None, (422, "invalid_request")),
    ],
)
def test_what_cannot_be_asked_is_refused_with_its_code(
    api: httpx.Client, method: str, path: str, body: Any, expected: tuple[int, str]
) -> None:
    assert problem(api.request(method, f"/api/job-definitions{path}", json=body)) == expected


@pytest.mark.parametrize("body", [rb'{"toml": "\ud800"}', rb'{"definition": {"id": "\ud800"}}'])
def test_half_of_a_character_pair_is_refused(api: httpx.Client, body: bytes) -> None:
    json = {"Content-Type": "application/json"}
    assert api.post("/api/job-definitions", content=body, headers=json).status_code == 422


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with the real kinds of work, which executes nothing."""
    database = f"sqlite:///{tmp_path_factory.mktemp('installed')}/web.db"
    with served_at(database, working=False, installed=True) as served, served.client() as client:
        yield client


def test_system_definitions_can_be_seen_and_run_but_not_changed(installed: httpx.Client) -> None:
    path = "/api/job-definitions/reindex"
    shown = installed.get(path)
    assert (shown.json()["origin"], shown.headers["etag"]) == ("system", '"0"')
    assert problem(installed.put(path, json={"toml": shown.json()["toml"]})) == (409, "conflict")
    assert problem(installed.delete(path)) == (409, "conflict")
    assert problem(installed.post(f"{path}/disable")) == (409, "conflict")
    assert problem(installed.post("/api/job-definitions", json={"toml": shown.json()["toml"]})) == (
        409,
        "conflict",
    )
    assert installed.get(f"{path}/versions").json()["items"] == []
    assert installed.post(f"{path}/execute").status_code == 202


def test_every_action_says_what_it_may_be_given(installed: httpx.Client) -> None:
    actions = {
        each["action"]: each["schema"]
        for each in installed.get("/api/job-definitions/actions").json()["items"]
    }
    assert {
        "agent",
        "crawl",
        "transform",
        "reindex",
        "places_search",
        "database_maintenance",
    } <= actions.keys()
    crawl = actions["crawl"]
    assert crawl["required"] == ["start_urls"]
    assert crawl["properties"]["max_pages"]["default"] == 100
    rate_limit = crawl["properties"]["rate_limit"]
    assert (rate_limit["type"], rate_limit["default"]) == ("string", "0s")
