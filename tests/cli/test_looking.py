"""Commands that look: what people and programs get to see of a collection."""

import re
from pathlib import Path

import pytest

from tests.cli.calling import Caller

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
JOB_KEYS = {
    "id", "parent_id", "root_id", "type", "name", "status", "depth", "created_at", "started_at", "finished_at",
    "attempt", "error", "run_at", "priority", "host", "worker",
}  # fmt: skip
PARENT_KEYS = JOB_KEYS | {"children", "progress_text", "rate", "estimate_seconds"}
RUN_KEYS = PARENT_KEYS | {"launched_by", "origin_id", "paused_at"}
DOCUMENT_KEYS = {
    "id", "url", "canonical_url", "title", "source_type", "tags", "content_hash", "created_at", "updated_at",
    "metadata",
}  # fmt: skip


def test_a_list_of_jobs_is_one_object_with_pages(crawled: Caller) -> None:
    first = crawled("jobs", "list", "--limit", "4", "--json").json
    assert (len(first["items"]), first["total"]) == (4, 6)
    rest = crawled("jobs", "list", "--limit", "4", "--cursor", first["next_cursor"], "--json").json
    assert rest["next_cursor"] is None
    ids = [int(item["id"]) for item in first["items"] + rest["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 6


def test_a_job_has_its_shape(crawled: Caller) -> None:
    jobs = crawled("jobs", "list", "--json").json["items"]
    children = [job for job in jobs if "children" not in job]
    assert [set(job) for job in children] == [JOB_KEYS] * 4
    assert all(isinstance(job["id"], str) and TIME.fullmatch(job["finished_at"]) for job in children)
    assert {job["status"] for job in children} == {"completed", "failed"}


def test_runs_and_steps_count_their_children(crawled: Caller) -> None:
    counts = {"total": 4, "pending": 0, "running": 0, "completed": 3, "failed": 1, "cancelled": 0}
    [run] = crawled("jobs", "list", "--root", "--json").json["items"]
    assert set(run) == RUN_KEYS
    assert run["progress_text"] == "0 pending, 0 running, 3 completed, 1 failed"
    assert (run["launched_by"], run["rate"], run["estimate_seconds"]) == ("person", None, None)
    assert run["children"] == counts
    assert (run["parent_id"], run["id"]) == (None, run["root_id"])
    [step] = crawled("jobs", "tree", run["id"], "--json").json["steps"]
    assert set(step) == PARENT_KEYS | {"jobs"}
    assert step["children"] == counts


@pytest.mark.parametrize(
    ("filters", "count"),
    [(["--state", "failed"], 1), (["--state", "failed", "--state", "completed"], 6), (["--type", "crawler_url"], 4),
     (["--root"], 1), (["--run", "1"], 6), (["--run", "99"], 0), (["--definition", "reindex"], 0)],
)  # fmt: skip
def test_jobs_are_filtered(crawled: Caller, filters: list[str], count: int) -> None:
    assert crawled("jobs", "list", *filters, "--json").json["total"] == count


def test_a_page_of_a_list_says_how_to_see_the_rest(crawled: Caller) -> None:
    result = crawled("jobs", "list", "--limit", "2")
    assert len(result.out.splitlines()) == 3
    assert "2 of 6" in result.err
    assert "--cursor" in result.err


def test_the_tree_shows_a_run_from_any_of_its_jobs(crawled: Caller) -> None:
    whole = crawled("jobs", "tree", "1").out
    assert crawled("jobs", "tree", "4").out == whole
    assert "/apples" in whole
    assert "3 completed, 1 failed" in whole
    short = crawled("jobs", "tree", "1", "--limit", "1").out
    assert "3 more" in short


def test_a_job_is_shown_with_its_error(crawled: Caller) -> None:
    [failed] = crawled("jobs", "list", "--state", "failed", "--json").json["items"]
    assert "404" in crawled("jobs", "show", failed["id"]).out
    assert crawled("jobs", "show", failed["id"], "--json").json["config"]["url"].endswith("/lost")


def test_the_log_is_a_list(quaero: Caller) -> None:
    assert quaero("run", "reindex").code == 0
    found = quaero("jobs", "logs", "1", "--json").json
    assert [line["message"] for line in found["items"]] == ["indexed 0 documents"]
    assert quaero("jobs", "logs", "1", "--level", "error", "--json").json["items"] == []
    assert "indexed 0 documents" in quaero("jobs", "logs", "1").out


def test_documents_have_their_shape_and_pages(crawled: Caller) -> None:
    found = crawled("documents", "list", "--limit", "2", "--json").json
    assert (found["total"], len(found["items"])) == (3, 2)
    assert [set(each) for each in found["items"]] == [DOCUMENT_KEYS] * 2
    assert found["items"][0]["tags"] == ["trees"]
    rest = crawled("documents", "list", "--cursor", found["next_cursor"], "--json").json
    assert len(rest["items"]) == 1


@pytest.mark.parametrize(
    ("filters", "count"),
    [(["--tag", "trees"], 3), (["--tag", "stones"], 0), (["--url", "/app"], 1), (["--source", "crawler"], 3)],
)
def test_documents_are_filtered(crawled: Caller, filters: list[str], count: int) -> None:
    assert crawled("documents", "list", *filters, "--json").json["total"] == count


def test_a_document_is_found_by_id_and_by_url(crawled: Caller) -> None:
    [item] = crawled("documents", "list", "--url", "/apples", "--json").json["items"]
    by_id = crawled("documents", "show", item["id"], "--json").json
    assert set(by_id) == DOCUMENT_KEYS | {"markdown"}
    assert crawled("documents", "show", item["url"], "--json").json == by_id
    assert "bears apples" in crawled("documents", "show", item["id"]).out


def test_deleting_documents_is_all_or_nothing(crawled: Caller) -> None:
    assert crawled("documents", "delete", "1", "99").code == 3
    assert crawled("documents", "list", "--json").json["total"] == 3
    assert crawled("documents", "delete", "1", "2", "1", "--json").json == {"deleted": ["1", "2"]}
    assert crawled("documents", "list", "--json").json["total"] == 1


def test_the_stats_count_sources_and_tags(crawled: Caller) -> None:
    stats = crawled("documents", "stats", "--json").json
    assert (stats["documents"], stats["tags"]) == (3, {"trees": 3})
    assert stats["sources"][0]["source_type"] == "crawler"
    assert "trees" in crawled("documents", "stats").out


def test_a_search_hit_is_the_document_with_score_and_snippet(crawled: Caller) -> None:
    found = crawled("search", '"apple tree"', "--json").json
    assert found["total"] == 1
    [hit] = found["items"]
    assert set(hit) == DOCUMENT_KEYS | {"score", "snippet"}
    assert "**" in hit["snippet"]


def test_search_takes_limit_offset_and_explains(crawled: Caller) -> None:
    assert crawled("search", "tree", "--limit", "1", "--json").json["next_cursor"] == "1"
    every = [hit["id"] for hit in crawled("search", "tree", "--json").json["items"]]
    assert [hit["id"] for hit in crawled("search", "tree", "--offset", "1", "--json").json["items"]] == every[
        1:
    ]
    assert '"apple"' in crawled("search", "apple", "--explain").out
    assert crawled("search", "zeppelin").out == "Nothing found.\n"


def test_definitions_are_listed_and_shown(crawled: Caller) -> None:
    found = crawled("definitions", "list", "--json").json
    assert {item["origin"] for item in found["items"]} == {"quick", "system"}
    [quick] = crawled("definitions", "list", "--origin", "quick", "--json").json["items"]
    assert 'action = "crawl"' in crawled("definitions", "show", quick["id"]).out
    page = crawled("definitions", "list", "--limit", "1", "--json").json
    rest = crawled("definitions", "list", "--cursor", page["next_cursor"], "--json").json
    assert [item["id"] for item in page["items"] + rest["items"]] == [item["id"] for item in found["items"]]


def test_the_database_is_described_and_sound(crawled: Caller) -> None:
    status = crawled("db", "status", "--json").json
    assert (status["documents"], status["runs"], status["open_runs"], status["jobs"]) == (3, 1, 0, 6)
    assert crawled("db", "check", "--json").json == {"sound": True, "findings": []}
    assert crawled("db", "check").code == 0


def test_damage_is_found_by_the_check(crawled: Caller, own_home: Path) -> None:
    import apsw

    [file] = own_home.rglob("quaero.db")
    with apsw.Connection(str(file)) as connection:
        connection.execute("UPDATE progress SET completed = completed + 1")
    connection.close()
    result = crawled("db", "check")
    assert result.code == 1
    assert "I1: " in result.out


def test_the_doctor_finds_nothing_wrong(quaero: Caller) -> None:
    result = quaero("doctor", "--json")
    assert result.code == 0
    assert all(check["ok"] for check in result.json["checks"])
    told = quaero("doctor").out
    assert "crawler_url" in told
    assert "keyword_extractor" in told


def test_the_doctor_goes_on_when_the_database_cannot_be_opened(quaero: Caller, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear reader, " * 100, encoding="utf-8")
    result = quaero("doctor", "--database", "sqlite:///letter.txt", "--json")
    assert result.code == 1
    checks = {check["name"]: check for check in result.json["checks"]}
    assert not checks["database"]["ok"]
    assert checks["database"]["remedy"]
    assert checks["disk"]["ok"]


def test_the_doctor_tells_of_settings_that_cannot_be_used(quaero: Caller, tmp_path: Path) -> None:
    (tmp_path / "quaero.toml").write_text('colour = "blue"', encoding="utf-8")
    result = quaero("doctor")
    assert result.code == 1
    assert "colour" in result.out


def test_config_show_names_values_and_sources(quaero: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAERO_QUEUE_LEASE", "30s")
    settings = quaero("config", "show", "--json").json["settings"]
    assert settings["queue.lease"] == {
        "value": "30s",
        "source": "QUAERO_QUEUE_LEASE",
        "variable": "QUAERO_QUEUE_LEASE",
    }
    assert settings["queue.heartbeat"]["value"] == "10s"
    assert "QUAERO_QUEUE_LEASE" in quaero("config", "show").out
