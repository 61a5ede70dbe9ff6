"""Moving a store from a file to a PostgreSQL server and back: how long 100,000 jobs and 5,000 documents take.

`data/…`: what was moved. `to_postgres`, `to_sqlite`: seconds for the copy, its comparison and the checks. At the end
every table of the file that came back is compared with the file from the start.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import zstandard
from support.databases import EMPTY, server_of
from support.noop import CHILD_TYPE, NoopManager, noop_definition

from quaero.backends import database_file, open_backend
from quaero.models.document import NewDocument, content_hash
from quaero.models.job import ChildJob, Job, StepLimits
from quaero.models.outcome import End, LogLevel, LogLine, Settlement
from quaero.settings import DatabaseUrl, SqliteUrl, database_url
from quaero.store.moving import Moved, RowHash, move
from quaero.store.store import Store
from quaero.store.table_copy import Part
from quaero.store.tables import TABLES

LEASE_MS = 60_000
CHILDREN_OF_A_RUN = 10_000
AT_ONCE = 200
FETCHED_AT = 1_700_000_000_000
WORDS = 600
"""Of a document: some four kilobytes of text."""


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the move of a store to PostgreSQL and back.")
    parser.add_argument("--quick", action="store_true", help="a small store: whether it works, not how fast")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--postgres", metavar="URL", help="a server of your own instead of a private one")
    options = parser.parse_args()
    jobs, documents = (2_000, 100) if options.quick else (100_000, 5_000)
    with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder, server_of(options.postgres) as server:
        figures = _round_trip(Path(folder), server.create_database(EMPTY), jobs, documents)
    if options.json:
        print(json.dumps(figures, indent=2))
    else:
        for name, figure in figures.items():
            print(f"{name:<24}  {figure:,}")
    return 0


def _round_trip(folder: Path, server: str, jobs: int, documents: int) -> dict[str, float]:
    start, back = SqliteUrl(folder / "start.db"), SqliteUrl(folder / "back.db")
    there = database_url(server, folder)
    began = time.perf_counter()
    asyncio.run(_fill(start, jobs, documents))
    filled = time.perf_counter() - began
    before = _hashes(start)
    out = move(database_file(start), database_file(there), _tell)
    home = move(database_file(there), database_file(back), _tell)
    assert _hashes(start) == before, "the move has changed its source"
    assert _hashes(back) == before == _of(out) == _of(home), "what came back is something else"
    assert asyncio.run(_check(there)) == asyncio.run(_check(back)) == (), "what was moved is not sound"
    sizes = {f"data/{table.name}": table.rows for table in out.tables if table.rows}
    return {
        **sizes,
        "data/megabytes": round(start.path.stat().st_size / 1e6),
        "seconds_to_fill": round(filled, 1),
        "seconds_to_postgres": round(out.seconds, 1),
        "seconds_to_sqlite": round(home.seconds, 1),
    }


def _of(moved: Moved) -> dict[str, Part]:
    return {table.name: Part(table.rows, table.hash) for table in moved.tables}


def _hashes(database: DatabaseUrl) -> dict[str, Part]:
    """Each table read directly, beside the move."""
    found = {}
    with database_file(database).source() as source:
        source.look()
        for table in TABLES:
            whole = RowHash()
            for row in source.rows(table):
                whole.add(row)
            found[table.name] = whole.part
    return found


def _tell(doing: str, table: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{doing} {table}: {done:,} of {total:,}", end="", file=sys.stderr)


async def _check(database: DatabaseUrl) -> tuple[object, ...]:
    store = Store(open_backend(database))
    try:
        return await store.check()
    finally:
        await store.close()


async def _fill(database: DatabaseUrl, jobs: int, documents: int) -> None:
    """Runs that have ended, of so many jobs in all, the first of which stored documents; one in ten logged a line."""
    store = Store(open_backend(database))
    texts = _texts(documents)
    try:
        for first in range(0, jobs, CHILDREN_OF_A_RUN):
            count = min(CHILDREN_OF_A_RUN, jobs - first)
            await store.launch(noop_definition(count))
            [parent] = (await store.claim([NoopManager.manager_type], 1, LEASE_MS)).jobs
            await store.begin_plan(parent, StepLimits())
            children = [
                ChildJob(CHILD_TYPE, f"https://example.org/{first + n}", {"depth": n % 7}, f"page {n}")
                for n in range(count)
            ]
            await store.add_planned(parent, children, last=True)
            while claimed := (await store.claim([CHILD_TYPE], AT_ONCE, LEASE_MS)).jobs:
                await store.settle([_ended(job, next(texts, None)) for job in claimed])
                await store.fold()
    finally:
        await store.close()


def _ended(job: Job, document: NewDocument | None) -> Settlement:
    lines = (LogLine(FETCHED_AT, LogLevel.INFO, f"fetched {job.name} in 123 ms"),) if job.id % 10 == 0 else ()
    return Settlement(
        job.id,
        job.lease_number,
        End.COMPLETED,
        documents=() if document is None else (document,),
        log=lines,
    )


def _texts(count: int) -> Iterator[NewDocument]:
    chance = random.Random(1)
    words = [
        "".join(chance.choices("abcdefghijklmnopqrstuvwxyzäöü", k=chance.randint(2, 11)))
        for _ in range(20_000)
    ]
    for number in range(count):
        title = f"Page {number}"
        text = " ".join(chance.choices(words, k=WORDS))
        url = f"https://example.org/{number}"
        source = zstandard.compress(f"<html><body>{text}</body></html>".encode())
        tags = ("all", f"tag {number % 5}")
        yield NewDocument(
            "crawl",
            url,
            url,
            title,
            text,
            content_hash(title, text),
            tags,
            {"n": number},
            source,
            "text/html",
        )


if __name__ == "__main__":
    raise SystemExit(main())
