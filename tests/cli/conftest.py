import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.calling import Caller
from tests.cli.desk import ROOT, Desk, desk_at, install
from tests.cli.small_site import SmallSite, small_site


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own as the current one and for everything that belongs to the user."""
    home = tmp_path / "home"
    home.mkdir()
    for name in [name for name in os.environ if name.startswith(("QUAERO_", "XDG_"))]:
        if not name.startswith("QUAERO_TEST_"):  # which say where the tests find a server
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(tmp_path)
    return home


@pytest.fixture
def quaero(capsys: pytest.CaptureFixture[str]) -> Caller:
    return Caller(capsys)


@pytest.fixture
def site() -> Iterator[SmallSite]:
    with small_site() as site:
        yield site


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """The desk, with its kind of work installed here and in every process that is started."""
    install(tmp_path / "packages")
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "packages"), str(ROOT)]))
    with desk_at(tmp_path / "desk.sock") as desk:
        yield desk


@pytest.fixture
def crawled(quaero: Caller, site: SmallSite) -> Caller:
    """The command, on a database that holds the crawl of the small site: run 1."""
    assert quaero("crawl", site.url, "--tag", "trees", "--json").code == 0
    return quaero
