"""The API of what is around the jobs: variables, credentials, schedules, workers, gates, settings, health."""

import json

import pytest

from tests.web.serving import TOKEN, Served

SECRET = "s3cret-value-of-a-test"  # noqa: S105 - it opens nothing


@pytest.fixture(autouse=True)
def _key_of_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    from quaero.secrets.key import SecretKey
    from quaero.secrets.key_sources import VARIABLE

    monkeypatch.setenv(VARIABLE, SecretKey.new().text())


def test_variables_are_set_listed_by_page_and_deleted(served: Served) -> None:
    with served.client() as client:
        for name in ("b", "A", "c"):
            assert client.put(f"/api/variables/{name}", json={"value": f"of {name}"}).status_code == 200
        first = client.get("/api/variables", params={"limit": 2}).json()
        assert [each["name"] for each in first["items"]] == ["a", "b"]
        assert first["total"] == 3
        rest = client.get("/api/variables", params={"cursor": first["next_cursor"]}).json()
        assert [each["value"] for each in rest["items"]] == ["of c"]
        assert rest["next_cursor"] is None
        assert client.get("/api/variables/B").json()["used_by"] == []
        assert client.delete("/api/variables/b").json() == {"name": "b", "deleted": True, "used_by": []}
        assert client.get("/api/variables/b").json()["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "cookie", "values": {"sid": SECRET}},
        {"kind": "header", "values": {"X-Key": SECRET}},
        {"kind": "bearer", "token": SECRET},
        {"kind": "basic", "user": "me", "password": SECRET},
    ],
    ids=lambda body: body["kind"],
)
def test_credentials_come_in_and_never_out_again(served: Served, body: dict[str, object]) -> None:
    with served.client() as client:
        kept = client.post("/api/auth", json={"name": "wiki", "hosts": ["wiki.example.org"], **body})
        assert kept.status_code == 201
        assert kept.json()["kind"] == body["kind"]
        again = client.post("/api/auth", json={"name": "wiki", "hosts": ["wiki.example.org"], **body})
        assert (again.status_code, again.json()["code"]) == (409, "conflict")
        shown = client.get("/api/auth/wiki")
        assert shown.json()["opens_here"] is True
        assert shown.json()["parts"]
        listed = client.get("/api/auth")
        assert [each["name"] for each in listed.json()["items"]] == ["wiki"]
        gone = client.delete("/api/auth/wiki")
        assert gone.json()["deleted"] is True
        for answer in (kept, again, shown, listed, gone):
            assert SECRET not in answer.text


def test_what_is_wrong_with_a_secret_is_said_without_it(served: Served) -> None:
    with served.client() as client:
        for wrong in (
            {"kind": "bearer", "token": SECRET, "hosts": []},
            {"kind": "bearer", "token": f"{SECRET}\n", "hosts": ["a.example"]},
            {"kind": "cookie", "values": {"a": f"{SECRET};"}, "hosts": ["a.example"]},
            {"kind": "cookie", "values": {"a": [SECRET]}, "hosts": ["a.example"]},
            {"kind": "basic", "password": SECRET, "hosts": ["a.example"]},
            {"kind": "other", "token": SECRET, "hosts": ["a.example"]},
        ):
            answer = client.post("/api/auth", json={"name": "x", **wrong})
            assert answer.status_code in (400, 422), answer.text
            assert SECRET not in answer.text
        assert client.get("/api/auth").json()["total"] == 0


def test_an_extension_hands_over_what_the_host_of_its_page_gets(served: Served) -> None:
    cookies = [
        {
            "name": "sid",
            "value": SECRET,
            "domain": "wiki.example.org",
            "path": "/",
            "secure": True,
            "httpOnly": True,
        },
        {"name": "other", "value": SECRET, "domain": "elsewhere.example", "path": "/"},
    ]
    capture = {"baseUrl": "https://wiki.example.org/start?x=1", "cookies": cookies, "tokens": {"t": SECRET},
               "userAgent": "Browser"}  # fmt: skip
    with served.client(origin="chrome-extension://abcdefghijklmnop") as client:
        kept = client.post("/api/auth/capture", json=capture)
        assert kept.status_code == 201, kept.text
        assert kept.json()["name"] == "wiki.example.org"
        assert kept.json()["left_out"] == "1 for other hosts"
        assert client.post("/api/auth/capture", json=capture).status_code == 201, "a later one replaces it"
        parts = client.get("/api/auth/wiki.example.org").json()["parts"]
    assert [part["cookie"] for part in parts] == ["sid"]


def test_a_cookie_file_is_taken(served: Served) -> None:
    line = f".example.org\tTRUE\t/\tTRUE\t0\tsid\t{SECRET}\n"
    with served.client() as client:
        kept = client.post("/api/auth/import", json={"name": "all", "content": line})
        assert kept.json()["hosts"] == [".example.org"]
        wrong = client.post(
            "/api/auth/import", json={"name": "all", "content": f"{SECRET}\t1\n", "replace": True}
        )
    assert (wrong.status_code, wrong.json()["code"]) == (400, "usage")
    assert SECRET not in wrong.text


def test_gates_pause_and_limit(served: Served) -> None:
    with served.client() as client:
        paused = client.post("/api/gates", json={"scope": "all", "paused": True})
        assert paused.json() == {"scope": "all", "key": None, "paused": True, "concurrency": None}
        limited = client.post("/api/gates", json={"scope": "host", "key": "A.example", "concurrency": 3})
        assert limited.json()["key"] == "a.example"
        assert client.get("/api/gates").json()["total"] == 2
        assert client.post("/api/gates", json={"scope": "all", "paused": False}).json()["paused"] is False
        unknown = client.post("/api/gates", json={"scope": "type", "key": "nobody", "paused": True})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_schedules_workers_and_settings_are_told(served: Served) -> None:
    with served.client() as client:
        schedules = client.get("/api/schedule").json()
        assert schedules["items"] == []
        assert client.get("/api/schedule/next", params={"count": 3}).json()["clock_changes"] == []
        assert client.get("/api/schedule/next", params={"definition": "no"}).status_code == 404
        [worker] = client.get("/api/workers").json()["items"]
        assert worker["role"] == "server"
        settings = client.get("/api/settings")
        assert TOKEN not in settings.text
        assert json.loads(settings.text)["settings"] == {}, "these were made without sources"


def test_the_server_is_ready_while_the_store_answers_and_somebody_watches(served: Served) -> None:
    with served.client(token=None) as stranger:
        assert stranger.get("/api/health").json() == {"status": "ok"}
        assert stranger.get("/api/ready").json() == {"status": "ok"}
    with served.client() as client:
        assert client.get("/api/version").json()["quaero"]


def test_the_queue_tells_what_is_open_by_type(served: Served) -> None:
    with served.client() as client:
        stats = client.get("/api/queue/stats").json()
    assert stats == {"pending": 0, "running": 0, "waiting": 0, "paused": 0, "types": []}


def test_every_operation_has_a_name_of_its_own_and_says_its_errors(served: Served) -> None:
    with served.client() as client:
        document = client.get("/api/openapi.json").json()
    names = [operation["operationId"] for path in document["paths"].values() for operation in path.values()]
    assert len(set(names)) == len(names)
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for path in document["paths"].values():
        for operation in path.values():
            assert "503" in operation["responses"]
    assert document["openapi"].startswith("3.1")
