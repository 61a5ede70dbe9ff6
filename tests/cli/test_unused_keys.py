"""What a definition asks for and does not get yet is said."""

from pathlib import Path

from tests.cli.calling import Caller


def test_a_definition_with_credentials_is_told_that_they_are_not_used(quaero: Caller, tmp_path: Path) -> None:
    text = 'id = "wiki"\nname = "Wiki"\nauth = "intranet"\n[[steps]]\nname = "index"\naction = "reindex"\n'
    (tmp_path / "wiki.toml").write_text(text, "utf-8")
    for command in (("definitions", "validate"), ("definitions", "import"), ("run",)):
        result = quaero(*command, str(tmp_path / "wiki.toml"))
        assert result.code == 0
        assert 'warning: wiki: auth = "intranet" is kept, but nothing logs in yet' in result.err, command
