"""The limit: the same claims, ends and inserts by bare statements on a bare table, without a job system."""

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

import apsw
from support.figures import wait_figures

BATCH = 100

Figures = Mapping[str, float]

_SCHEMA = """
CREATE TABLE jobs (id INTEGER PRIMARY KEY, state TEXT NOT NULL, name TEXT NOT NULL, lease INTEGER) STRICT;
CREATE INDEX jobs_ready ON jobs (id) WHERE state = 'pending';
"""
_INSERT = "INSERT INTO jobs (state, name) VALUES ('pending', ?)"
_CLAIM = """
UPDATE jobs SET state = 'running', lease = 1
WHERE id IN (SELECT id FROM jobs WHERE state = 'pending' ORDER BY id LIMIT ?) RETURNING id
"""
_END = "UPDATE jobs SET state = 'completed', lease = NULL WHERE id = ? AND state = 'running'"


class RawQueue:
    """A table of jobs in a new file, with the settings of the store: WAL, every commit synced."""

    def __init__(self, path: Path) -> None:
        self._connection = apsw.Connection(str(path))
        self._connection.pragma("journal_mode", "wal")
        self._connection.pragma("synchronous", "full")
        self._connection.pragma("cache_size", -65_536)
        self._connection.pragma("wal_autocheckpoint", 4_000)
        self._connection.execute(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def enqueue(self, count: int, batch: int = BATCH) -> None:
        """Insert jobs, `batch` a transaction."""
        for start in range(0, count, batch):
            names = [(f"child {number}",) for number in range(start, min(start + batch, count))]
            with self._transaction():
                self._connection.executemany(_INSERT, names)

    def claim(self, limit: int) -> list[int]:
        """Mark so many pending jobs as running, in one transaction; their ids."""
        with self._transaction():
            return [job_id for (job_id,) in self._connection.execute(_CLAIM, (limit,))]

    def drain(self, batch: int = BATCH) -> int:
        """Claim and end everything, `batch` at a time, a transaction for each claim and each end; how many."""
        drained = 0
        while ids := self.claim(batch):
            with self._transaction():
                self._connection.executemany(_END, [(job_id,) for job_id in ids])
            drained += len(ids)
        return drained

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        yield
        self._connection.execute("COMMIT")


def rates(path: Path, jobs: int, single: int) -> Figures:
    """Jobs a second: inserted and drained by the hundred, `jobs` of them, and one by one, `single` of them."""
    queue = RawQueue(path)
    began = time.perf_counter()
    queue.enqueue(jobs)
    enqueued = time.perf_counter()
    queue.drain()
    drained = time.perf_counter()
    queue.enqueue(single)
    refilled = time.perf_counter()
    queue.drain(batch=1)
    single_drained = time.perf_counter()
    queue.close()
    return {
        "raw_enqueue_jobs_per_second": jobs / (enqueued - began),
        "raw_batched_jobs_per_second": jobs / (drained - enqueued),
        "raw_single_jobs_per_second": single / (single_drained - refilled),
    }


def parent(path: Path, children: int) -> Figures:
    """Seconds from the first insert to the last end of so many jobs, by the hundred; and of one commit."""
    queue = RawQueue(path)
    began = time.perf_counter()
    queue.enqueue(children)
    queue.drain()
    ended = time.perf_counter()
    queue.enqueue(1)
    committed = time.perf_counter()
    queue.close()
    return {
        f"raw_parent_{children}_children_seconds": ended - began,
        "raw_commit_milliseconds": (committed - ended) * 1000,
    }


def pickups(path: Path, count: int) -> Figures:
    """How long it takes from before the insert of one job until another thread, woken by it, has claimed the job."""
    queue = RawQueue(path)
    wakes: SimpleQueue[bool] = SimpleQueue()
    claimed: SimpleQueue[float] = SimpleQueue()

    def consume() -> None:
        while wakes.get():
            queue.claim(1)
            claimed.put(time.perf_counter())

    consumer = threading.Thread(target=consume)
    consumer.start()
    waits = []
    for _ in range(count):
        began = time.perf_counter()
        queue.enqueue(1)
        wakes.put(True)
        waits.append((claimed.get() - began) * 1000)
    wakes.put(False)
    consumer.join()
    queue.close()
    return wait_figures("raw_pickup", waits)
