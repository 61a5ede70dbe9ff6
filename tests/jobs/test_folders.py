"""Which files a folder and a pattern name, and that nothing outside of the folder is reached."""

from pathlib import Path

import pytest

from quaero.jobs.folders import file_in, files_of
from quaero.models.errors import JobFailure

FILES = ("a.md", "b.txt", "sub/c.md", "sub/deep/d.md", ".hidden.md", ".git/config", "sub/.e.md", "x[1].md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(name)
    return folder


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("**/*", ["a.md", "b.txt", "sub/c.md", "sub/deep/d.md", "x[1].md"]),
        ("*", ["a.md", "b.txt", "x[1].md"]),
        ("*.md", ["a.md", "x[1].md"]),
        ("**/*.md", ["a.md", "sub/c.md", "sub/deep/d.md", "x[1].md"]),
        ("sub/*.md", ["sub/c.md"]),
        ("sub/**", ["sub/c.md", "sub/deep/d.md"]),
        ("?.md", ["a.md"]),
        ("x[1].md", ["x[1].md"]),
        (".*", [".hidden.md"]),
        ("**/.*", [".hidden.md", "sub/.e.md"]),
        ("../*", []),
        ("nothing", []),
    ],
)
def test_a_pattern_names_files(folder: Path, pattern: str, found: list[str]) -> None:
    assert files_of(folder, pattern) == found


def test_links_are_followed_to_files_within_the_folder_only(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.md").write_text("elsewhere")
    (folder / "inside.md").symlink_to(folder / "a.md")
    (folder / "outside.md").symlink_to(tmp_path / "secret.md")
    (folder / "broken.md").symlink_to(folder / "gone.md")
    (folder / "circle.md").symlink_to(folder / "circle.md")
    (folder / "elsewhere").symlink_to(tmp_path / "elsewhere")

    assert files_of(folder, "*.md") == ["a.md", "inside.md", "x[1].md"]
    assert "elsewhere/f.md" not in files_of(folder, "**/*")


@pytest.mark.parametrize(
    "name", ["../secret.md", "/etc/passwd", "gone.md", "sub", "outside.md", "elsewhere/f.md"]
)
def test_a_file_outside_is_refused_also_when_it_is_asked_for_by_name(
    folder: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "secret.md").write_text("secret")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "f.md").write_text("elsewhere")
    (folder / "outside.md").symlink_to(tmp_path / "secret.md")
    (folder / "elsewhere").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(JobFailure, match="no such file"):
        file_in(folder, name)


def test_a_folder_that_is_itself_reached_by_a_link_is_a_folder_like_any_other(
    folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "link").symlink_to(folder)

    assert files_of(tmp_path / "link", "*.txt") == ["b.txt"]
    assert file_in(tmp_path / "link", "b.txt").read_text() == "b.txt"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobFailure, match="no such folder"):
        files_of(tmp_path / "gone", "*")
