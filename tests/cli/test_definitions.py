"""`quaero definitions` and `quaero variables`: storing, changing, exporting, and what is refused."""

import sys
from pathlib import Path

import pytest

from tests.cli.calling import Caller

DOCS = """\
# All about the docs.
id = "docs"
name = "Docs" # the name

[[steps]]
name = "index"
action = "reindex"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with definition files: docs.toml, wiki.toml (runs docs first), wrong.toml, twisted.toml."""
    write(tmp_path, "docs", DOCS)
    write(tmp_path, "wiki", DOCS.replace("docs", "wiki").replace("[[", 'pre_jobs = ["docs"]\n[[', 1))
    write(tmp_path, "wrong", DOCS.replace('name = "Docs"', 'nam = "Docs"').replace('"reindex"', '"reindx"'))
    write(tmp_path, "twisted", DOCS.replace("docs", "twisted").replace("reindex", "paint"))
    return tmp_path


@pytest.fixture
def stored(quaero: Caller, folder: Path) -> Caller:
    """The command, on a database that holds `docs`."""
    assert quaero("definitions", "import", "docs.toml").code == 0
    return quaero


def write(folder: Path, name: str, text: str) -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def editor(folder: Path, monkeypatch: pytest.MonkeyPatch, *replacements: tuple[str, str]) -> None:
    """Make $EDITOR replace texts: the first pair when it is called first, then the second, and so on."""
    script = folder / "editor.py"
    script.write_text(
        f"""import pathlib, sys
file, counter = pathlib.Path(sys.argv[1]), pathlib.Path({str(folder / "calls")!r})
calls = int(counter.read_text()) if counter.exists() else 0
counter.write_text(str(calls + 1))
(folder := pathlib.Path({str(folder)!r})).joinpath(f"seen-{{calls}}").write_text(file.read_text())
file.write_text(file.read_text().replace(*{replacements!r}[calls]))
""",
        encoding="utf-8",
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")


def seen(folder: Path, call: int) -> str:
    """What the editor was given."""
    return (folder / f"seen-{call}").read_text(encoding="utf-8")


def answer(monkeypatch: pytest.MonkeyPatch, *answers: str) -> None:
    given = iter(answers)
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(given))


def changes(quaero: Caller, definition: str = "docs") -> list[str]:
    items = quaero("definitions", "history", definition, "--json").json["items"]
    return [each["change"] for each in items]


def test_files_are_imported_together(quaero: Caller, folder: Path) -> None:
    result = quaero("definitions", "import", "docs.toml", "wiki.toml")
    assert (result.code, result.out, result.err) == (
        0,
        "imported docs (version 1)\nimported wiki (version 1)\n",
        "",
    )
    again = quaero("definitions", "import", "wiki.toml", "docs.toml", "--json").json
    assert again == {
        "definitions": [
            {"id": "wiki", "change": None, "version": 1},
            {"id": "docs", "change": None, "version": 1},
        ],
        "unknown": [],
    }
    assert quaero("definitions", "import", "docs.toml").out == "docs is up to date (version 1)\n"


def test_all_complaints_of_all_files_are_printed_and_nothing_is_imported(
    quaero: Caller, folder: Path
) -> None:
    write(folder, "copy", DOCS)
    result = quaero("definitions", "import", "docs.toml", "wrong.toml", "twisted.toml", "copy.toml")
    assert result.code == 2
    assert [line.split(": ")[1:3] for line in result.err.splitlines()] == [
        ["wrong.toml:1", "name"],
        ["wrong.toml:3", "nam"],
        ["wrong.toml:7", "steps[0].action"],
        ["twisted.toml:7", "steps[0].action"],
        ["copy.toml", "id"],
    ]
    assert 'docs.toml has the id "docs" too' in result.err
    assert quaero("definitions", "list", "--origin", "user", "--json").json["total"] == 0


def test_a_file_that_is_not_there_imports_nothing(quaero: Caller, folder: Path) -> None:
    assert quaero("definitions", "import", "docs.toml", "none.toml").code == 3
    assert quaero("definitions", "list", "--origin", "user", "--json").json["total"] == 0


def test_a_definition_may_name_one_that_is_imported_later(quaero: Caller, folder: Path) -> None:
    result = quaero("definitions", "import", "wiki.toml")
    assert result.code == 0
    assert result.err == 'warning: wiki names "docs", which is no stored definition; import it too\n'
    missing = quaero("definitions", "import", "wiki.toml", "--json").json["unknown"]
    assert missing == [{"id": "wiki", "names": "docs"}]
    assert quaero("definitions", "import", "docs.toml").err == ""


def test_definitions_in_a_circle_are_not_imported(stored: Caller, folder: Path) -> None:
    write(folder, "docs", DOCS.replace("[[", 'post_jobs = ["wiki"]\n[[', 1))
    result = stored("definitions", "import", "docs.toml", "wiki.toml")
    assert result.code == 2
    assert "run each other in a circle: docs -> wiki -> docs" in result.err
    assert changes(stored) == ["imported"]


def test_a_file_does_not_overwrite_what_was_edited(
    stored: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(folder, monkeypatch, ("the name", "by hand"), ('"Docs"', '"Dox"'))
    assert stored("definitions", "edit", "docs").out == "kept docs as version 2\n"
    assert stored("definitions", "edit", "docs").out == "kept docs as version 3\n"
    assert changes(stored) == ["imported", "edited", "edited"]
    for command in (("definitions", "import", "docs.toml"), ("run", "docs.toml")):
        result = stored(*command)
        assert result.code == 2
        assert result.err.startswith("error: docs: edited in the store")
        assert "quaero definitions import FILE --replace" in result.err
    assert stored("definitions", "show", "docs", "--json").json["name"] == "Dox"
    assert stored("run", "docs").code == 0
    assert stored("definitions", "import", "docs.toml", "--replace").out == "imported docs (version 4)\n"
    assert stored("run", "docs.toml").code == 0


def test_an_edit_is_kept_only_when_all_of_it_is_right(
    stored: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(
        folder, monkeypatch, ("reindex", "reindx"), ('"Docs"', '""'), ('""', '"Dox"'), ("reindx", "reindex")
    )
    answer(monkeypatch, "y", "y", "y")
    result = stored("definitions", "edit", "docs")
    assert (result.code, result.out) == (0, "kept docs as version 2\n")
    assert 'no manager serves "reindx"' in result.err
    assert "name: must not be empty" in result.err
    assert seen(folder, 0) == DOCS
    assert seen(folder, 1) == DOCS.replace("reindex", "reindx")
    assert stored("definitions", "export", "docs").out == DOCS.replace('"Docs"', '"Dox"')


def test_an_edit_that_is_given_up_changes_nothing(
    stored: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(folder, monkeypatch, ('"docs"', '"other"'))
    answer(monkeypatch, "n")
    result = stored("definitions", "edit", "docs")
    assert result.code == 2
    assert 'the id must stay "docs"' in result.err
    assert changes(stored) == ["imported"]
    put_aside = result.err.split("your text is in ")[1].splitlines()[0]
    assert Path(put_aside).read_text(encoding="utf-8") == DOCS.replace('"docs"', '"other"')
    Path(put_aside).unlink()


def test_an_edit_that_closes_a_circle_can_be_mended(
    stored: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored("definitions", "import", "wiki.toml")
    editor(folder, monkeypatch, ("[[", 'post_jobs = ["wiki"]\n[['), ('post_jobs = ["wiki"]', 'tags = ["a"]'))
    answer(monkeypatch, "y")
    result = stored("definitions", "edit", "docs")
    assert "run each other in a circle: docs -> wiki -> docs" in result.err
    assert (result.code, result.out) == (0, "kept docs as version 2\n")


def test_an_editor_that_changes_nothing_keeps_nothing(
    stored: Caller, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor(folder, monkeypatch, ("a", "a"))
    assert stored("definitions", "edit", "docs").out == "nothing was changed\n"
    assert changes(stored) == ["imported"]


def test_a_definition_is_switched_off_and_on(stored: Caller) -> None:
    assert stored("definitions", "disable", "docs").out == "docs is off\n"
    assert stored("definitions", "disable", "docs").out == "docs is off already\n"
    assert "user, edited, off" in stored("definitions", "list").out
    refused = stored("run", "docs")
    assert refused.code == 2
    assert "quaero definitions enable docs" in refused.err
    assert stored("definitions", "enable", "docs", "--json").json == {
        "id": "docs",
        "change": "enabled",
        "version": 3,
    }
    assert stored("run", "docs").code == 0


def test_a_definition_that_is_switched_off_is_exported_with_its_comments(
    stored: Caller, folder: Path
) -> None:
    stored("definitions", "disable", "docs")
    text = stored("definitions", "export", "docs").out
    assert text == DOCS.replace("# the name\n", "# the name\nenabled = false\n")
    write(folder, "docs", text)
    stored("definitions", "import", "docs.toml")
    stored("definitions", "enable", "docs")
    assert stored("definitions", "export", "docs").out == text.replace("false", "true")


def test_what_is_exported_is_imported_equal(stored: Caller, folder: Path) -> None:
    stored("definitions", "import", "wiki.toml")
    result = stored("definitions", "export", "docs", "wiki", "--output", "out/files")
    assert result.out == f"wrote {Path('out/files/docs.toml')}\nwrote {Path('out/files/wiki.toml')}\n"
    shown = stored("definitions", "show", "wiki", "--json").json
    imported = stored("definitions", "import", "out/files/docs.toml", "out/files/wiki.toml", "--json").json
    assert [each["change"] for each in imported["definitions"]] == [None, None]
    assert stored("definitions", "show", "wiki", "--json").json == shown
    (folder / "out" / "files" / "docs.toml").unlink()
    again = stored("definitions", "export", "docs", "wiki", "--output", "out/files")
    assert again.code == 2
    assert "wiki.toml: the file exists already" in again.err
    assert not (folder / "out" / "files" / "docs.toml").exists()


def test_one_output_holds_one_definition(stored: Caller, folder: Path) -> None:
    stored("definitions", "import", "wiki.toml")
    result = stored("definitions", "export", "docs", "wiki")
    assert (result.code, result.out) == (2, "")
    assert "Name a folder: --output DIR" in result.err
    assert stored("definitions", "export", "none").code == 3


def test_the_history_shows_what_a_definition_was(stored: Caller, folder: Path) -> None:
    write(folder, "docs", DOCS.replace('"Docs"', '"Dox"'))
    stored("definitions", "import", "docs.toml")
    deleted = stored("definitions", "delete", "docs")
    assert deleted.out == "deleted docs. Its versions: quaero definitions history docs\n"
    assert stored("definitions", "show", "docs").code == 3
    lines = stored("definitions", "history", "docs").out.splitlines()
    assert [line.split()[0] for line in lines] == ["version", "1", "2", "3"]
    assert [line.split()[-1] for line in lines] == ["change", "imported", "imported", "deleted"]
    assert 'name = "Docs"' in stored("definitions", "show", "docs", "--version", "1").out
    second = stored("definitions", "show", "docs", "--version", "2", "--json").json
    assert (second["version"], second["change"], second["definition"]["name"]) == (2, "imported", "Dox")
    assert stored("definitions", "show", "docs", "--version", "9").code == 3
    assert stored("definitions", "history", "none").code == 3


@pytest.mark.parametrize("command", ["enable", "disable", "delete", "edit"])
def test_a_system_definition_is_not_changed(quaero: Caller, command: str) -> None:
    before = quaero("definitions", "list", "--json").json
    result = quaero("definitions", command, "reindex")
    assert result.code == 2
    assert "reindex: this id belongs to a system definition" in result.err
    assert quaero("definitions", "list", "--json").json == before


def test_a_system_definition_is_not_imported_over(quaero: Caller, folder: Path) -> None:
    write(folder, "reindex", quaero("definitions", "export", "reindex").out)
    result = quaero("definitions", "import", "docs.toml", "reindex.toml", "--replace")
    assert result.code == 2
    assert "reindex: this id belongs to a system definition" in result.err
    assert quaero("definitions", "list", "--origin", "user", "--json").json["total"] == 0
    assert quaero("definitions", "history", "reindex", "--json").json["items"] == []


def test_lists_go_on_after_a_cursor(stored: Caller, folder: Path) -> None:
    stored("definitions", "import", "wiki.toml")
    first = stored("definitions", "list", "--limit", "2", "--json").json
    assert [each["id"] for each in first["items"]] == ["database-maintenance", "docs"]
    rest = stored("definitions", "list", "--cursor", first["next_cursor"], "--json").json
    assert ([each["id"] for each in rest["items"]], rest["next_cursor"]) == (["reindex", "wiki"], None)


def test_variables_are_set_listed_shown_and_deleted(quaero: Caller) -> None:
    assert quaero("variables", "set", "Wiki", "https://wiki.example.org").out == "set wiki\n"
    assert quaero("variables", "set", "pages", "5", "--json").json["value"] == "5"
    assert quaero("variables", "show", "WIKI").out == "https://wiki.example.org\n"
    listed = quaero("variables", "list", "--json").json
    assert [(each["name"], each["value"]) for each in listed["items"]] == [
        ("pages", "5"),
        ("wiki", "https://wiki.example.org"),
    ]
    assert quaero("variables", "list", "--limit", "1", "--json").json["next_cursor"] == "pages"
    assert "https://wiki.example.org" in quaero("variables", "list").out
    assert quaero("variables", "delete", "wiki").out == "deleted wiki\n"
    assert quaero("variables", "show", "wiki").code == 3
    assert quaero("variables", "delete", "wiki").code == 3


def test_a_variable_that_no_placeholder_can_name_is_refused(quaero: Caller) -> None:
    result = quaero("variables", "set", "a b", "value")
    assert result.code == 2
    assert "the name of a variable has letters, digits" in result.err
    assert quaero("variables", "list", "--json").json["total"] == 0


def test_a_definition_needs_its_variables(quaero: Caller, folder: Path) -> None:
    write(folder, "docs", f'{DOCS}config = {{ dry_run = "{{dry}}" }}\n')
    refused = quaero("definitions", "import", "docs.toml")
    assert refused.code == 2
    assert "docs.toml:8: steps[0].config.dry_run: unknown variable {dry}" in refused.err
    assert "quaero variables set dry VALUE" in refused.err

    quaero("variables", "set", "dry", "perhaps")
    assert "does not fit with the value of {dry}" in quaero("definitions", "validate", "docs.toml").out
    quaero("variables", "set", "dry", "true")
    assert quaero("definitions", "import", "docs.toml").code == 0
    assert quaero("variables", "show", "dry", "--json").json["used_by"] == ["docs"]
    assert '"{dry}"' in quaero("definitions", "export", "docs").out
    assert quaero("run", "docs").code == 0

    assert quaero("variables", "delete", "dry").err == "warning: it is still used by docs\n"
    failed = quaero("run", "docs", "--json")
    assert failed.code == 1


def test_braces_on_the_command_line_are_no_placeholders(quaero: Caller, folder: Path) -> None:
    quaero("crawl", "http://127.0.0.1:9/{page}", "--timeout", "1s", "--save-as", "saved.toml", "--json")
    assert '"http://127.0.0.1:9/{{page}}"' in (folder / "saved.toml").read_text(encoding="utf-8")
