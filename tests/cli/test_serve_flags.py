"""What flags of `quaero serve` say is shown as theirs."""

from pathlib import Path

from quaero.cli.commands.serve import with_flags
from quaero.settings import load


def test_a_flag_wins_and_the_list_of_settings_names_it(tmp_path: Path) -> None:
    settings = with_flags(
        load("sqlite:///a.db", None, {"QUAERO_WEB_PORT": "9000"}, tmp_path), {"host": None, "port": 0}
    )
    shown = {origin.key: (origin.value, origin.source) for origin in settings.origins}
    assert (settings.web.port, settings.web.host) == (0, "127.0.0.1")
    assert shown["web.port"] == ("0", "--port")
    assert shown["web.host"] == ("127.0.0.1", "default")
