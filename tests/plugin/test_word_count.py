"""A kind of work from outside gets everything that the built-in ones have, through the real command line."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.plugin.installed import PLUGIN, Quaero

DEFINITION = str(PLUGIN / "word-count.toml")


def test_the_example_counts_the_words_of_every_file_and_its_documents_are_found(quaero: Quaero) -> None:
    write(quaero, "harbour.txt", "The harbour sleeps. The harbour wakes.")
    write(quaero, "deeper/hill.txt", "A hill, and another hill's shadow.")

    result = quaero("run", DEFINITION)

    assert result["status"] == "completed"
    assert result["documents"] == {"created": 2, "updated": 0, "unchanged": 0}
    [hit] = quaero("search", "harbour")["items"]
    assert hit["title"] == "Words of harbour.txt"
    assert hit["tags"] == ["notes"]
    assert hit["metadata"] == {"words": 6, "distinct_words": 4}
    shown = quaero("documents", "show", hit["id"])
    assert "6 words, 4 different ones." in shown["markdown"]
    assert "| harbour | 2 |" in shown["markdown"]


def test_a_second_run_says_which_files_changed(quaero: Quaero) -> None:
    write(quaero, "same.txt", "same")
    write(quaero, "other.txt", "before")
    quaero("run", DEFINITION)
    write(quaero, "other.txt", "quite different after")

    assert quaero("run", DEFINITION)["documents"] == {"created": 0, "updated": 1, "unchanged": 1}


def test_a_file_that_is_no_text_fails_alone_and_counts_after_a_retry(quaero: Quaero) -> None:
    write(quaero, "fine.txt", "fine")
    bad = write(quaero, "bad.txt", "")
    bad.write_bytes(b"\xff\xfe\xff")
    first = quaero("run", DEFINITION)
    assert first["steps"][0]["children"] == {"total": 2, "completed": 1, "failed": 1, "cancelled": 0}
    assert [(error["code"], error["example"]["name"]) for error in first["errors"]] == [
        ("not_text", "bad.txt")
    ]

    bad.write_text("good now")
    assert quaero("jobs", "retry", first["job_id"])["reopened"] >= 1
    again = quaero("jobs", "resume", first["job_id"])

    assert again["status"] == "completed"
    assert again["steps"][0]["children"] == {"total": 2, "completed": 2, "failed": 0, "cancelled": 0}


def test_a_file_that_cannot_be_read_is_tried_as_often_as_the_step_says(quaero: Quaero) -> None:
    (quaero.folder / "notes" / "gone.txt").symlink_to("nowhere")

    result = quaero("run", adapted(quaero, '"1s"', '"1ms"'), ends_with=1)

    [error] = result["errors"]
    assert (error["code"], error["count"]) == ("unreadable", 1)
    assert quaero("jobs", "show", error["example"]["job_id"])["attempt"] == 3


def test_a_run_shows_its_progress_and_is_cancelled_from_another_process(quaero: Quaero) -> None:
    write(quaero, "a.txt", "first")
    hanging = quaero.folder / "notes" / "b.txt"
    os.mkfifo(hanging)
    write(quaero, "c.txt", "never")
    one_at_a_time = adapted(quaero, 'folder = "notes"', 'folder = "notes"\nconcurrency = 1')

    with quaero.running("run", one_at_a_time) as process:
        with hanging.open(
            "wb"
        ):  # opens when the job opens the other end, which then waits for this one to close
            [run] = quaero("jobs", "list", "--root")["items"]
            assert open_and_done(run) == {"pending": 1, "running": 1, "completed": 1}
            assert quaero("jobs", "cancel", run["id"])["cancelled"] >= 2
        printed, _ = process.communicate(timeout=60)

    result = json.loads(printed)
    assert (process.returncode, result["status"]) == (1, "cancelled")
    assert result["steps"][0]["children"] == {"total": 3, "completed": 1, "failed": 0, "cancelled": 2}
    assert result["documents"]["created"] == 1


def test_a_wrong_config_is_refused_with_what_to_write(quaero: Quaero) -> None:
    complaint = quaero("run", adapted(quaero, "folder =", "folde ="), ends_with=2)

    assert 'steps[0].config.folde: unknown key; did you mean "folder"?' in complaint


def test_without_the_package_nobody_knows_the_action(tmp_path: Path) -> None:
    complaint = Quaero(tmp_path, packages=None)("run", DEFINITION, ends_with=2)

    assert "word_count" in complaint


def write(quaero: Quaero, name: str, text: str) -> Path:
    file = quaero.folder / "notes" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def adapted(quaero: Quaero, before: str, after: str) -> str:
    """The name of a copy of the example with one change."""
    text = Path(DEFINITION).read_text()
    assert before in text
    (quaero.folder / "adapted.toml").write_text(text.replace(before, after))
    return "adapted.toml"


def open_and_done(run: Mapping[str, Any]) -> dict[str, int]:
    return {state: run["children"][state] for state in ("pending", "running", "completed")}
