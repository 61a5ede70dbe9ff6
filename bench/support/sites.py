"""The real documentation that crawls are measured on, served on the loopback address by a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

TOOLS: Final = Path(__file__).parents[2] / "tools"
sys.path.append(str(TOOLS))  # its scripts are no package

from real_sites import MissingError, real_sites  # noqa: E402
from serve_folder import folder_answering  # noqa: E402

from quaero.demo.link_closure import link_closure  # noqa: E402

__all__ = ["MissingError", "named_sites", "page_targets", "served"]

_NAMES: Final = ("python_docs", "postgresql_docs")


def named_sites() -> dict[str, Path]:
    """The folders of HTML by the names that their figures get; `site` for the folder that SITE names."""
    folders = real_sites()
    return {"site": folders[0]} if len(folders) == 1 else dict(zip(_NAMES, folders, strict=True))


def page_targets(folder: Path) -> frozenset[str]:
    """The targets of all pages that a crawl can reach, found in the files without any code of the crawler."""
    return link_closure("/", folder_answering(folder))


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve the folder until the block ends; yields the URL without a slash at its end."""
    command = [sys.executable, str(TOOLS / "serve_folder.py"), str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
