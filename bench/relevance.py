"""How good the search is on both databases, beside each other: nDCG@10 on a public test collection.

FOLDER (or QUAERO_DATA) holds the collection, either as one `*.json.xz` with `documents` {id: {title, text}},
`queries` {id: text} and `relevance` {query: {document: grade}}, or as `corpus.jsonl`, `queries.jsonl` and
`qrels/test.tsv`, as the collections of the BEIR benchmark come.

The peer is PostgreSQL's own ranking: `ts_rank` over its English configuration, any of the words.

    python bench/relevance.py [FOLDER] [--grow 20000] [--json]
"""

import argparse
import asyncio
import csv
import json
import lzma
import math
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from support.databases import EMPTY, server_of
from support.figures import percentile

from quaero.backends import open_backend
from quaero.models.document import content_hash
from quaero.search.query import parse_query
from quaero.settings import SqliteUrl, database_url
from quaero.store.store import Store
from quaero.store.transaction import Transaction

DEPTH = 10
BATCH = 200
DROPPED = 0.15
"""The share of words that copies of documents leave out."""

TS_RANK = """
    SELECT url FROM documents, (SELECT replace(plainto_tsquery('english', %s)::text, '&', '|')::tsquery AS query) q,
      to_tsvector('english', title || ' ' || markdown) words
    WHERE words @@ query ORDER BY ts_rank(words, query) DESC, id LIMIT 10
"""


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    """`relevance`: the grades of the documents that answer a query; what is not there has grade 0."""

    documents: Mapping[str, Page]
    queries: Mapping[str, str]
    relevance: Mapping[str, Mapping[str, float]]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=os.environ.get("QUAERO_DATA"))
    parser.add_argument(
        "--grow", type=int, metavar="N", help="then time the queries on N documents, copies with gaps"
    )
    parser.add_argument("--postgres", metavar="URL", help="a server of your own instead of a private one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args()
    collection = read(Path(options.folder)) if options.folder else None
    if collection is None:
        print("skipped: give the folder of a test collection, or name it in QUAERO_DATA")
        return 0
    with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder, server_of(options.postgres) as server:
        measured = asyncio.run(
            measure(collection, Path(folder), server.create_database(EMPTY), options.grow or 0)
        )
    if options.json:
        print(json.dumps({name: round(value, 4) for name, value in measured.items()}))
    else:
        for name, value in measured.items():
            print(f"{name:44} {value:12.4f}")
    return 0


def read(folder: Path) -> Collection | None:
    """The collection in this folder, if there is one."""
    for file in sorted(folder.glob("*.json.xz")):
        with lzma.open(file, "rt", encoding="utf-8") as stream:
            found = json.load(stream)
        if {"documents", "queries", "relevance"} <= found.keys():
            documents = {key: Page(each["title"], each["text"]) for key, each in found["documents"].items()}
            return Collection(documents, found["queries"], found["relevance"])
    if not (folder / "corpus.jsonl").is_file():
        return None
    relevance: defaultdict[str, dict[str, float]] = defaultdict(dict)
    with (folder / "qrels" / "test.tsv").open(encoding="utf-8", newline="") as stream:
        for query, document, grade in list(csv.reader(stream, delimiter="\t"))[1:]:
            relevance[query][document] = float(grade)
    return Collection(
        {each["_id"]: Page(each["title"], each["text"]) for each in _lines(folder / "corpus.jsonl")},
        {each["_id"]: each["text"] for each in _lines(folder / "queries.jsonl")},
        relevance,
    )


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    with file.open(encoding="utf-8") as stream:
        yield from map(json.loads, stream)


async def measure(collection: Collection, folder: Path, postgres: str, grow: int) -> dict[str, float]:
    """All figures by a name that says what and in which unit. A document's address is its id."""
    stores = {
        "sqlite": Store(open_backend(SqliteUrl(folder / "test.db"))),
        "postgres": Store(open_backend(database_url(postgres, folder))),
    }
    asked = [query for query in collection.relevance if any(collection.relevance[query].values())]
    texts = [collection.queries[query] for query in asked]
    figures: dict[str, float] = {"documents": len(collection.documents), "queries": len(asked)}
    answers: dict[str, list[list[str]]] = {}
    try:
        for name, store in stores.items():
            figures[f"{name}_ms_to_store_a_document"] = await fill(store, collection.documents.items())
            answers[name], _ = await ask(store, texts)
        with psycopg.connect(postgres) as connection:
            answers["ts_rank"] = [[url for (url,) in connection.execute(TS_RANK, (text,))] for text in texts]
        for name, found in answers.items():
            grades = [collection.relevance[query] for query in asked]
            figures[f"{name}_ndcg_at_10"] = sum(map(ndcg, found, grades)) / len(asked)
        figures["postgres_less_than_sqlite"] = figures["sqlite_ndcg_at_10"] - figures["postgres_ndcg_at_10"]
        same = sum(one == other for one, other in zip(answers["sqlite"], answers["postgres"], strict=True))
        figures["same_ten_in_the_same_order_share"] = same / len(asked)
        if grow:
            copies = list(with_gaps(collection.documents, grow - len(collection.documents)))
            for store in stores.values():
                await fill(store, copies)
                await store.backend.optimize()
        times: dict[str, list[float]] = {name: [] for name in stores}
        for text in texts:  # in turn: whatever else the machine does meets both alike
            for name, store in stores.items():
                times[name] += (await ask(store, [text]))[1]
        for name, seen in times.items():
            figures[f"{name}_query_p50_ms"] = percentile(seen, 50)
            figures[f"{name}_query_p99_ms"] = percentile(seen, 99)
    finally:
        for store in stores.values():
            await store.close()
    return figures


async def fill(store: Store, documents: Iterable[tuple[str, Page]]) -> float:
    """Store them, `BATCH` in a transaction; milliseconds for one."""
    waiting = list(documents)
    began = time.perf_counter()
    for start in range(0, len(waiting), BATCH):
        await store.backend.write(_insert, waiting[start : start + BATCH])
    return (time.perf_counter() - began) * 1000 / max(len(waiting), 1)


def _insert(tx: Transaction, documents: Sequence[tuple[str, Page]]) -> None:
    for key, page in documents:
        tx.rows(
            "insert_document",
            source_type="web",
            canonical_url=key,
            url=key,
            title=page.title,
            markdown=page.text,
            metadata="{}",
            content_hash=content_hash(page.title, page.text),
            now=tx.now,
            job_id=1,
            root_id=1,
        )


async def ask(store: Store, texts: Iterable[str]) -> tuple[list[list[str]], list[float]]:
    """The addresses of the best documents for each text, and the milliseconds until they were there."""
    answers, times = [], []
    for text in texts:
        began = time.perf_counter()
        hits, _ = await store.search(parse_query(text), limit=DEPTH)
        times.append((time.perf_counter() - began) * 1000)
        answers.append([hit.document.url for hit in hits])
    return answers, times


def ndcg(found: Sequence[str], grades: Mapping[str, float]) -> float:
    """1 when the documents with the best grades come first, 0 when none of them is among the first ten."""
    best = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    gained: Callable[[Iterable[float]], float] = lambda seen: sum(  # noqa: E731 - a name for a formula
        grade / math.log2(place + 2) for place, grade in enumerate(seen)
    )
    return gained(max(grades.get(key, 0), 0) for key in found[:DEPTH]) / gained(best[:DEPTH])


def with_gaps(documents: Mapping[str, Page], count: int) -> Iterator[tuple[str, Page]]:
    """So many copies, each without some of the words."""
    dice = random.Random(1)
    pages = list(documents.items())
    for number in range(count):
        key, page = pages[number % len(pages)]
        text = " ".join(word for word in page.text.split() if dice.random() >= DROPPED)
        yield f"{key}/{number}", Page(page.title, text)


if __name__ == "__main__":
    sys.exit(main())
