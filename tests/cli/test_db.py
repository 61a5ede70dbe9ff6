"""`quaero db` and `quaero jobs logs`, as people and programs get to see them."""

import contextlib
import json
from pathlib import Path

import apsw
import pytest

from tests.cli.calling import Caller, start
from tests.cli.small_site import PAGES, SmallSite

DATABASE = "sqlite:///garden.db"


@pytest.fixture
def garden(quaero: Caller, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """The command, on a database with one run that has ended: run 1."""
    monkeypatch.setenv("QUAERO_DATABASE", DATABASE)
    assert quaero("run", "reindex").code == 0
    return quaero


def write(statement: str, file: Path = Path("garden.db")) -> None:
    """Write to the database behind the program's back."""
    with contextlib.closing(apsw.Connection(str(file))) as connection:
        connection.execute(statement)


def test_the_status_has_sizes_and_times(garden: Caller) -> None:
    status = garden("db", "status", "--json").json
    assert status["bytes"] > 0
    assert {"wal_bytes", "free_bytes", "schema_version"} <= status.keys()
    assert (status["runs"], status["last_backup"]) == (1, None)

    garden("db", "backup", "copy.db")
    assert garden("db", "status", "--json").json["last_backup"].endswith("Z")
    shown = garden("db", "status").out
    assert "write-ahead log:" in shown
    assert "last maintenance: never" in shown


def test_a_sound_database_checks_clean(garden: Caller) -> None:
    result = garden("db", "check")
    assert (result.code, result.out) == (0, "ok: the database is sound\n")
    assert garden("db", "check", "--json").json == {"sound": True, "findings": []}


def test_what_is_wrong_is_explained(garden: Caller) -> None:
    write("UPDATE progress SET completed = 7; UPDATE jobs SET attempt = 9 WHERE kind = 'child'")

    result = garden("db", "check")
    assert result.code == 1
    assert "I1: job 1: counts 1 children, there are 1" in result.out
    assert result.out.count("What should hold: The counts of a run or step are those of its jobs.") == 1
    assert "Possible cause: " in result.out
    assert "What to do: " in result.out
    assert result.out.endswith("3 found\n")
    machine = garden("db", "check", "--json")
    assert machine.code == 1
    assert [each["invariant"] for each in machine.json["findings"]] == ["I1", "I1", "I11"]
    assert all(each["meaning"] and each["cause"] and each["remedy"] for each in machine.json["findings"])


def test_a_backup_and_its_restore_bring_back_what_was_there(garden: Caller, tmp_path: Path) -> None:
    made = garden("db", "backup", "copy.db", "--json").json
    assert made == {"file": str(tmp_path / "copy.db"), "bytes": (tmp_path / "copy.db").stat().st_size}
    assert garden("jobs", "delete", "1").code == 0

    refused = garden("db", "restore", "copy.db")
    assert (refused.code, "--force" in refused.err) == (2, True)
    assert garden("jobs", "show", "1").code == 3

    done = garden("db", "restore", "copy.db", "--force", "--json").json
    assert done["kept"] == str(tmp_path / "garden.db-before-restore")
    assert (done["returned_jobs"], done["schema_version"]) == (0, done["from_schema_version"])
    assert garden("jobs", "show", "1").code == 0
    assert "kept: " in garden("db", "restore", "copy.db", "--force").out


def test_a_backup_is_not_overwritten_unasked(garden: Caller, tmp_path: Path) -> None:
    assert garden("db", "backup", "copy.db").out.startswith("copied ")
    again = garden("db", "backup", "copy.db")
    assert again.code == 2
    assert "exists already" in again.err
    assert garden("db", "backup", "copy.db", "--force").code == 0


@pytest.mark.parametrize(("content", "code"), [("Dear reader, " * 500, 4), (None, 2)])
def test_what_is_no_backup_is_one_line(
    garden: Caller, tmp_path: Path, content: str | None, code: int
) -> None:
    if content is not None:
        (tmp_path / "letter.txt").write_text(content, "utf-8")

    result = garden("db", "restore", "letter.txt", "--force")

    assert result.code == code
    assert len(result.err.splitlines()) == 1
    assert "letter.txt" in result.err
    assert garden("jobs", "show", "1").code == 0


def test_maintenance_deletes_what_the_settings_say(garden: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    write("UPDATE jobs SET created_at = 0, started_at = 0, finished_at = 1")
    assert garden("db", "maintain", "--dry-run").out == "would delete 0 runs, 0 events, 0 log lines\n"
    monkeypatch.setenv("QUAERO_RETENTION_LOGS", "30d")
    counted = garden("db", "maintain", "--dry-run", "--json").json
    assert {what: count for what, count in counted.items() if count} == {"log_lines": 1}
    assert counted.keys() == {
        "runs", "events", "log_lines", "versions", "document_versions", "answers", "budgets", "paces", "audit",
    }  # fmt: skip

    done = garden("db", "maintain", "--json").json["operations"]

    assert [each["operation"] for each in done] == ["prune", "index", "optimize", "checkpoint"]
    assert done[0]["text"] == "0 runs, 0 events, 1 log lines deleted"
    assert all(each["bytes_before"] > 0 and each["bytes_after"] > 0 for each in done)
    assert garden("jobs", "logs", "1", "--json").json["items"] == []
    told = garden("db", "status", "--json").json["maintenance"]
    assert [(name, each["bytes_after"]) for name, each in told.items()] == [
        (each["operation"], each["bytes_after"]) for each in done
    ]
    assert "vacuum" in garden("db", "maintain", "--vacuum").out
    assert garden("db", "check").code == 0


def test_a_retention_that_makes_no_sense_is_refused(garden: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAERO_RETENTION_RUNS", "soon")

    result = garden("db", "maintain")

    assert result.code == 2
    assert 'runs = "365d"' in result.err


def test_migrate_tells_versions(quaero: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUAERO_DATABASE", DATABASE)
    looked = quaero("db", "migrate", "--check", "--json").json
    assert (looked["from"], looked["migrated"]) == (0, False)
    assert not (tmp_path / "garden.db").exists()

    assert quaero("db", "migrate").out == f"brought from schema 0 to {looked['to']}\n"
    assert quaero("db", "migrate").out == f"up to date: schema {looked['to']}\n"
    assert quaero("db", "migrate", "--check").out == f"up to date: schema {looked['to']}\n"


EXPORTED = {
    "definition": {"id", "version", "origin", "enabled", "edited", "created_at", "updated_at", "definition", "source"},
    "version": {"definition_id", "number", "at", "change", "definition", "source"},
    "variable": {"name", "value", "updated_at"},
    "credential": {"name", "hosts", "credential_kind", "created_at", "updated_at"},
    "run": {
        "id", "definition_id", "launch_key", "launched_by", "origin_id", "paused_at", "last_event", "pruned_events",
        "definition",
    },
    "job": {
        "id", "root_id", "parent_id", "job_kind", "type", "name", "status", "depth", "discovered_by", "host",
        "priority", "run_at", "attempt", "lost_leases", "reopened", "created_at", "started_at", "finished_at",
        "error_code", "error", "note", "config",
    },
    "event": {"root_id", "number", "at", "type", "job_id", "data"},
    "log_line": {"id", "job_id", "number", "at", "level", "message"},
    "document": {
        "id", "source_type", "canonical_url", "url", "title", "content_hash", "created_at", "updated_at", "checked_at",
        "job_id", "root_id", "tags", "metadata", "results", "markdown",
    },
    "document_version": {
        "document_id", "number", "at", "replaced_at", "root_id", "url", "title", "content_hash", "markdown",
    },
    "act": {"id", "at", "shown", "address", "operation", "method", "path", "status", "code"},
}  # fmt: skip


def test_the_export_has_everything_in_a_fixed_order(
    crawled: Caller, site: SmallSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(PAGES, "/apples", "<h1>Apples</h1><p>An apple tree bore apples.</p>")
    assert crawled("crawl", site.url, "--tag", "trees", "--json").code == 0
    monkeypatch.setenv("API_KEY", "a-secret-value")
    definition = '[[steps]]\nname = "one"\naction = "crawl"\nconfig = {start_urls = ["https://{host}/{env:API_KEY}"]}\n'
    (tmp_path / "site.toml").write_text(f'id = "site"\nname = "Site"\n{definition}', "utf-8")
    assert crawled("variables", "set", "host", "example.org").code == 0
    assert crawled("definitions", "import", "site.toml").code == 0
    cookie = {"domain": "example.org", "name": "sid", "value": "a-secret-value"}
    (tmp_path / "cookies.json").write_text(json.dumps([cookie]), "utf-8")
    assert crawled("auth", "import", "site", "cookies.json").code == 0

    [file] = tmp_path.rglob("quaero.db")
    write(
        "INSERT INTO audit VALUES (1, 0, 'token', '::1', 'set_variable', 'PUT', '/api/variables/host', 200, '')",
        file,
    )

    printed = crawled("db", "export", "-").out
    things = [json.loads(line) for line in printed.splitlines()]

    assert {thing["kind"]: thing.keys() - {"kind"} for thing in things} == EXPORTED
    kinds = [thing["kind"] for thing in things]
    assert list(dict.fromkeys(kinds)) == list(EXPORTED)
    jobs = [int(thing["id"]) for thing in things if thing["kind"] == "job"]
    assert jobs == sorted(jobs)
    assert kinds.count("document") == 3
    assert any(thing.get("tags") == [{"tag": "trees", "definition_id": things[0]["id"]}] for thing in things)
    assert "{env:API_KEY}" in printed
    assert "a-secret-value" not in printed
    assert crawled("db", "export", "-").out == printed

    written = crawled("db", "export", "all.jsonl")
    assert written.out == f"wrote {len(things)} lines to all.jsonl\n"
    assert (tmp_path / "all.jsonl").read_text("utf-8") == printed
    assert crawled("db", "export", "all.jsonl").code == 2
    assert crawled("db", "export", "all.jsonl", "--force").code == 0


def test_the_log_is_searched_and_ended_early(garden: Caller) -> None:
    write(
        """INSERT INTO log_lines (job_id, number, at, level, message)
        SELECT 3, value, 0, iif(value % 2, 'info', 'error'), 'line ' || value FROM json_each('[2, 3, 4, 5]')"""
    )

    def logs(*options: str) -> list[str]:
        return [item["message"] for item in garden("jobs", "logs", "1", "--json", *options).json["items"]]

    assert logs("--grep", "line") == ["line 2", "line 3", "line 4", "line 5"]
    assert logs("--tail", "2") == ["line 4", "line 5"]
    assert logs("--tail", "2", "--grep", "indexed") == ["indexed 0 documents"]
    assert logs("--level", "error", "--tail", "1") == ["line 4"]
    assert garden("jobs", "logs", "1", "--tail", "1", "--cursor", "1").code == 2
    assert garden("jobs", "logs", "9").code == 3


def test_the_log_of_what_has_ended_is_followed_to_its_end(garden: Caller) -> None:
    assert "indexed 0 documents" in garden("jobs", "logs", "1", "--follow").out
    [line] = garden("jobs", "logs", "3", "--follow", "--tail", "5", "--json").out.splitlines()
    assert json.loads(line)["message"] == "indexed 0 documents"


def test_a_log_is_followed_until_the_run_ends(
    quaero: Caller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUAERO_DATABASE", DATABASE)
    assert quaero("run", "reindex").code == 0
    write(
        """UPDATE jobs SET state = 'pending', finished_at = NULL, attempt = 0 WHERE id = 3;
        UPDATE jobs SET state = 'running', finished_at = NULL WHERE id < 3;
        UPDATE progress SET completed = 0, pending = 1, dirty = 1 WHERE job_id = 2;
        UPDATE progress SET completed = 0, running = 1 WHERE job_id = 1"""
    )
    following = start("jobs", "logs", "1", "--follow", "--json")
    try:
        assert following.stdout is not None
        assert "indexed 0 documents" in following.stdout.readline()
        assert quaero("jobs", "resume", "1").code == 0
        rest, _ = following.communicate(timeout=60)
        assert [json.loads(line)["message"] for line in rest.splitlines()] == ["indexed 0 documents"]
        assert following.returncode == 0
    finally:
        following.kill()
