"""The real documentation that `make real` crawls: two Debian packages, or a folder of your own."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

_PACKAGES: Final = {
    "python3.11-doc": "usr/share/doc/python3.11/html",
    "postgresql-doc-15": "usr/share/doc/postgresql-doc-15/html",
}


class MissingError(Exception):
    """Something outside of this project is missing; the text is one line."""


def real_sites() -> list[Path]:
    """The folders of HTML to crawl: the one named by SITE, else the packages, fetched at need.

    Raises MissingError if there is nothing to crawl.
    """
    named = os.environ.get("SITE")
    if not named:
        return [_unpacked(package) / html for package, html in _PACKAGES.items()]
    if not Path(named).is_dir():
        raise MissingError(f"{named} is not a folder")
    return [Path(named)]


def _unpacked(package: str) -> Path:
    """The cached contents of a Debian package; nothing is installed."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "quaero" / "real"
    folder = cache / package
    if folder.is_dir():
        return folder
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise MissingError("no apt-get or dpkg-deb; name a folder of HTML instead: make real SITE=folder")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as name:
        scratch = Path(name)
        _run(["apt-get", "download", package], scratch)
        archive = next(scratch.glob("*.deb"))
        _run(["dpkg-deb", "-x", archive.name, "unpacked"], scratch)
        (scratch / "unpacked").rename(folder)  # whole or not at all, also if this is interrupted
    return folder


def _run(command: list[str], cwd: Path) -> None:
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise MissingError(f"`{' '.join(command)}` failed: {last}")
