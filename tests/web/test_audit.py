"""Who changed what through the pages and the API is on record, without what was sent."""

from datetime import timedelta

from playwright.sync_api import Page

from quaero.settings import RetentionSettings
from quaero.store.pruning import prune, would_prune
from tests.web.serving import Served

SECRET = "s3cret-value-of-a-test"  # noqa: S105 - it opens nothing


def acts(served: Served) -> list[tuple[str, str, int, str | None]]:
    """Operation, path, status and code, oldest first."""
    with served.client() as client:
        items = client.get("/api/audit").json()["items"]
    return [(act["operation"], act["path"], act["status"], act["code"]) for act in reversed(items)]


def test_changes_are_on_record_with_what_came_of_them(served: Served) -> None:
    with served.client() as client:
        client.get("/api/variables")
        client.put("/api/variables/x", json={"value": SECRET})
        client.put("/api/variables/x", content="{", headers={"content-type": "application/json"})
        client.delete("/api/variables/y")
        client.post("/api/gates", json={"scope": "all", "paused": True})
        client.post("/api/nothing", json={})
        listed = client.get("/api/audit")
    assert acts(served) == [
        ("set_variable", "/api/variables/x", 200, None),
        ("set_variable", "/api/variables/x", 422, "invalid_request"),
        ("delete_variable", "/api/variables/y", 404, "not_found"),
        ("change_gate", "/api/gates", 200, None),
    ]
    assert SECRET not in listed.text
    assert {(act["shown"], act["address"]) for act in listed.json()["items"]} == {("token", "127.0.0.1")}


def test_strangers_leave_nothing_on_record(served: Served) -> None:
    with served.client(token=None) as stranger:
        stranger.put("/api/variables/x", json={"value": "1"})
        stranger.post("/api/session", json={"token": "wrong"})
    assert acts(served) == []


def test_what_a_person_does_in_the_browser_is_on_record_as_such(page: Page, served: Served) -> None:
    page.evaluate(
        """fetch('/api/variables/x', {method: 'PUT', headers: {'content-type': 'application/json'},
           body: '{"value": "1"}'}).then(answer => answer.text())"""
    )
    with served.client() as client:
        newest = client.get("/api/audit").json()["items"][0]
    assert (newest["operation"], newest["shown"]) == ("set_variable", "cookie")


def test_the_record_is_read_page_by_page(served: Served) -> None:
    with served.client() as client:
        for name in "abc":
            client.put(f"/api/variables/{name}", json={"value": "1"})
        first = client.get("/api/audit", params={"limit": 2}).json()
        rest = client.get("/api/audit", params={"cursor": first["next_cursor"]}).json()
    assert first["total"] == rest["total"] == 3
    paths = [act["path"][-1] for act in (*first["items"], *rest["items"])]
    assert paths == ["c", "b", "a"]
    assert rest["next_cursor"] is None


def test_the_record_goes_after_its_retention(served_on_each: Served) -> None:
    with served_on_each.client() as client:
        client.put("/api/variables/x", json={"value": "1"})
    day = RetentionSettings(audit_ms=int(timedelta(days=1).total_seconds() * 1000))
    nothing = RetentionSettings(audit_ms=-60_000)  # not even of the next minute
    assert served_on_each.call(lambda engine: prune(engine.store, day)).audit == 0
    assert served_on_each.call(lambda engine: would_prune(engine.store, nothing)).audit == 1
    assert served_on_each.call(lambda engine: prune(engine.store, nothing)).audit == 1
    assert served_on_each.call(lambda engine: engine.store.acts()).total == 0
