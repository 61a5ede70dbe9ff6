"""A reader who moves a collection as the page shows it gets what it shows."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.console import Folder
from tests.docs.markdown import DOCS
from tests.places import PostgresPlace
from tests.postgres_server import EMPTY, server

SHOWN_FOLDER, SHOWN_SERVER = "/home/you", "postgresql://quaero@localhost/quaero"


class FolderWithServer(Folder):
    """Where the page names a server and a folder, those of the test are meant."""

    def __init__(self, path: Path, server: str) -> None:
        super().__init__(path, 0)
        self._server = server

    async def run(self, command: str) -> str:
        printed = await super().run(command.replace(SHOWN_SERVER, f"'{self._server}'"))
        printed = printed.replace(self._server, SHOWN_SERVER).replace(str(self.path), SHOWN_FOLDER)
        return re.sub(
            r"[0-9]+ rows in [0-9.]+ s", "20 rows in 0.4 s", printed
        )  # some events come as they come


@pytest.fixture
def empty() -> Iterator[str]:
    """The URL of a database without tables."""
    url = server().create_database(EMPTY)
    yield url
    PostgresPlace(url).remove()


async def test_the_page_of_the_move_shows_what_happens(tmp_path: Path, empty: str) -> None:
    await FolderWithServer(tmp_path, empty).follow(DOCS / "how-to" / "move-to-postgresql.md")
