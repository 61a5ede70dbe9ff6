from pathlib import Path

import pytest

from tests.plugin.installed import Quaero, install


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed plug-in."""
    return install(tmp_path_factory.mktemp("plugin"))


@pytest.fixture
def quaero(tmp_path: Path, packages: Path) -> Quaero:
    """`quaero` with the plug-in, in a folder with an empty folder `notes`."""
    (tmp_path / "notes").mkdir()
    return Quaero(tmp_path, packages)
