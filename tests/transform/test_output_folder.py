"""Files are there as a whole or not at all."""

import json
from pathlib import Path

import pytest

from quaero.transform.output_folder import INDEX, Draft, replace_file, write_result


def index(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / INDEX).read_text("utf-8").splitlines()]


def test_a_result_is_written_once_and_noted_with_its_source(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"

    assert write_result(folder, "a.md", "text", {"url": "https://e.org/"})
    assert not write_result(folder, "a.md", "text", {"url": "https://e.org/"})
    assert write_result(folder, "a.md", "other", {"url": "https://e.org/"})

    assert (folder / "a.md").read_text() == "other"
    assert index(folder) == [{"file": "a.md", "url": "https://e.org/"}] * 2


def test_a_link_in_the_folder_is_replaced_and_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.md").symlink_to(outside)

    write_result(folder, "a.md", "precious", {})

    assert outside.read_text() == "precious"
    assert not (folder / "a.md").is_symlink()


def test_a_folder_below_that_is_a_link_to_elsewhere_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "sub").symlink_to(tmp_path / "outside")

    with pytest.raises(NotADirectoryError, match="leads out"):
        write_result(tmp_path / "folder", "sub/a.md", "text", {})
    assert list((tmp_path / "outside").iterdir()) == []


def test_an_index_that_is_a_link_is_refused(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("precious")
    (tmp_path / INDEX).symlink_to(outside)

    with pytest.raises(OSError, match="symbolic links"):
        write_result(tmp_path, "a.md", "text", {})
    assert outside.read_text() == "precious"


def test_a_draft_that_is_not_used_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("old")

    with Draft(path) as draft:
        draft.write(b"half of the n")

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_what_a_killed_process_left_is_taken_away_with_the_next_one(tmp_path: Path) -> None:
    (tmp_path / ".a.md.1234.part").write_text("half")
    (tmp_path / ".b.md.1234.part").write_text("of another")

    replace_file(tmp_path / "a.md", b"new")

    assert {path.name for path in tmp_path.iterdir()} == {"a.md", ".b.md.1234.part"}
