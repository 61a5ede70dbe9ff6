"""Crawls real documentation and compares what was stored with what is there: `make real`.

Each site is served on the loopback address; its pages are counted from the files, without any code of the
crawler.
"""

import asyncio
import json
import random
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from real_sites import MissingError, real_sites
from serve_folder import folder_answering

from quaero.demo.link_closure import link_closure
from quaero.demo.loopback import loopback_server

_NO_LIMIT: Final = 1_000_000
_ENOUGH_DEPTH: Final = 1_000
_FEW_PAGES: Final = 100
_KILLS: Final = 20
_KILLED_AFTER_SECONDS: Final = (0.25, 0.6)
_SEED: Final = 20
_SHOWN_DIFFERENCES: Final = 10


class CommandFailedError(Exception):
    """A quaero command did not do its work; the text is one line."""


def main() -> int:
    try:
        sites = real_sites()
        complaints = [complaint for site in sites for complaint in asyncio.run(_check(site))]
    except (MissingError, CommandFailedError) as error:
        print(f"real: {error}", file=sys.stderr)
        return 1
    for complaint in complaints:
        print(f"WRONG  {complaint}")
    print(f"\nreal: {len(sites)} sites, {len(complaints)} complaints")
    return 1 if complaints else 0


async def _check(folder: Path) -> list[str]:
    """What is wrong with the crawls of one site."""
    answering = folder_answering(folder)
    there = link_closure("/", answering)
    if not there:
        raise MissingError(f"{folder} has no index.html to begin with")
    print(f"\n{folder}\n  {len(there)} pages by the files", flush=True)
    async with loopback_server(answering) as origin:
        complaints = [
            *await _check_whole(origin, there),
            *await _check_limited(origin, there),
            *await _check_killed(origin, there),
        ]
    return [f"{folder}: {complaint}" for complaint in complaints]


async def _check_whole(origin: str, there: frozenset[str]) -> list[str]:
    """Everything is stored once, and found unchanged the second time."""
    with _new_database() as database:
        first = await _crawl(database, origin, "first crawl", _NO_LIMIT)
        stored = await _stored_targets(database, origin)
        second = await _crawl(database, origin, "second crawl", _NO_LIMIT)
    return [
        *_unequal("first crawl", first, _Counts(created=len(there))),
        *_differences(there, stored),
        *_unequal("second crawl", second, _Counts(unchanged=len(there))),
    ]


async def _check_limited(origin: str, there: frozenset[str]) -> list[str]:
    """A limit is reached, never passed, and spent on pages of the site."""
    with _new_database() as database:
        few = await _crawl(database, origin, f"at most {_FEW_PAGES}", _FEW_PAGES)
        stored = await _stored_targets(database, origin)
    return [
        *_unequal("limited crawl", few, _Counts(created=min(_FEW_PAGES, len(there)))),
        *_differences(there, there | stored),
    ]


async def _check_killed(origin: str, there: frozenset[str]) -> list[str]:
    """A crawl that is killed at random moments, and taken up again each time, ends as if nothing had happened."""
    dice = random.Random(_SEED)
    with _new_database() as database:
        kills = 0
        while kills < _KILLS and await _killed(database, origin, dice.uniform(*_KILLED_AFTER_SECONDS)):
            kills += 1
        last = await _crawl(database, origin, f"after kill -9 at {kills} moments", _NO_LIMIT)
        stored = await _stored_targets(database, origin)
        await _quaero(database, "db", "check")
    counted = last.created + last.updated + last.unchanged
    return [
        *([] if counted == len(there) else [f"killed crawl: {counted} pages instead of {len(there)}"]),
        *_differences(there, stored),
    ]


async def _killed(database: str, origin: str, seconds: float) -> bool:
    """Crawl for so long, then kill the process; False if it was done before."""
    limits = ["--max-pages", str(_NO_LIMIT), "--max-depth", str(_ENOUGH_DEPTH)]
    process = await _start(database, "crawl", origin + "/", *limits)
    done = asyncio.create_task(process.communicate())
    await asyncio.wait([done], timeout=seconds)
    if process.returncode is None:
        process.kill()
    await done
    return process.returncode != 0


@dataclass(frozen=True, slots=True)
class _Counts:
    """The documents of a crawl, as its result tells them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.created} created, {self.updated} updated, {self.unchanged} unchanged"


def _unequal(what: str, counts: _Counts, expected: _Counts) -> list[str]:
    return [] if counts == expected else [f"{what}: {counts} instead of {expected}"]


def _differences(there: Iterable[str], stored: Iterable[str]) -> list[str]:
    missing, surplus = sorted({*there} - {*stored}), sorted({*stored} - {*there})
    return [
        f"{len(targets)} {what}: {' '.join(targets[:_SHOWN_DIFFERENCES])}"
        for what, targets in (("pages missing", missing), ("documents too many", surplus))
        if targets
    ]


async def _crawl(database: str, origin: str, what: str, max_pages: int) -> _Counts:
    began = time.perf_counter()
    limits = ["--max-pages", str(max_pages), "--max-depth", str(_ENOUGH_DEPTH)]
    result = await _quaero(database, "crawl", origin + "/", *limits)
    seconds = time.perf_counter() - began
    documents = _Counts(**{key: result["documents"][key] for key in ("created", "updated", "unchanged")})
    total = documents.created + documents.updated + documents.unchanged
    print(
        f"  {what}: {result['status']}, {documents}, {seconds:.1f} s, {total / seconds:.0f} pages/s",
        flush=True,
    )
    return documents


async def _stored_targets(database: str, origin: str) -> set[str]:
    """The targets (path and query) of all stored documents."""
    targets: set[str] = set()
    following: list[str] = []
    while True:
        page = await _quaero(database, "documents", "list", "--limit", "1000", *following)
        targets |= {document["canonical_url"].removeprefix(origin) for document in page["items"]}
        if page["next_cursor"] is None:
            break
        following = ["--cursor", str(page["next_cursor"])]
    if len(targets) != page["total"]:
        raise CommandFailedError(f"the list has {len(targets)} documents and says {page['total']}")
    return targets


async def _quaero(database: str, *arguments: str) -> Mapping[str, Any]:
    process = await _start(database, *arguments)
    printed, complaints = await process.communicate()
    if process.returncode:
        last = complaints.decode(errors="replace").strip().rpartition("\n")[2]
        raise CommandFailedError(f"quaero {arguments[0]} ended with {process.returncode}: {last}")
    result: Mapping[str, Any] = json.loads(printed)
    return result


async def _start(database: str, *arguments: str) -> asyncio.subprocess.Process:
    program = f"{sysconfig.get_path('scripts')}/quaero"
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        program, *arguments, "--json", "--database", database, stdout=pipe, stderr=pipe
    )


@contextmanager
def _new_database() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="quaero-real-") as folder:
        yield f"sqlite:///{folder}/real.db"


if __name__ == "__main__":
    sys.exit(main())
