"""A new database file that several open in the same moment belongs to all of them."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from quaero.store.sqlite.connection import open_writer

pytestmark = pytest.mark.only("sqlite", reason="file")

FILES = 150
OPENERS = 4


def test_a_new_file_that_is_opened_by_several_at_once_is_refused_to_none(tmp_path: Path) -> None:
    together = Barrier(OPENERS)

    def open_and_close(number: int) -> None:
        together.wait()
        open_writer(tmp_path / f"{number}.db").close()

    with ThreadPoolExecutor(OPENERS) as threads:
        for number in range(FILES):
            list(threads.map(open_and_close, [number] * OPENERS))
