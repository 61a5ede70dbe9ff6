"""The limit on PostgreSQL: the same claims, ends and inserts by bare statements of the driver on a bare table.

`python raw_postgres.py URL BATCH` is a process that claims and ends everything, as part of a contest.
"""

import sys
import threading
import time
from collections.abc import Iterator, Mapping

import psycopg
from support.contest import own_command, seconds_to_drain
from support.figures import wait_figures
from support.gate import say_done, wait_for_start

BATCH = 100
CHUNK = 1_000
"""How many jobs are stored at once, as by the store."""

Figures = Mapping[str, float]
Connection = psycopg.Connection[tuple[int]]

_SCHEMA = """
CREATE TABLE jobs (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state TEXT NOT NULL, name TEXT NOT NULL,
                   lease BIGINT);
CREATE INDEX jobs_ready ON jobs (id) WHERE state = 'pending';
"""
_INSERT = "INSERT INTO jobs (state, name) SELECT 'pending', name FROM unnest(%s::text[]) AS name"
_COPY = "COPY jobs (state, name) FROM STDIN"
_CLAIM = """
UPDATE jobs SET state = 'running', lease = 1
WHERE id = ANY (ARRAY(SELECT id FROM jobs WHERE state = 'pending' ORDER BY id LIMIT %s FOR UPDATE SKIP LOCKED))
RETURNING id
"""
_END = "UPDATE jobs SET state = 'completed', lease = NULL WHERE id = ANY (%s) AND state = 'running'"


class RawQueue:
    """A table of jobs in a database without tables; every statement is a transaction, and synced."""

    def __init__(self, url: str, *, make: bool = True) -> None:
        self.connection: Connection = psycopg.connect(url, autocommit=True, prepare_threshold=0)
        self.connection.execute("SET synchronous_commit = on")
        if make:
            self.connection.execute(_SCHEMA, prepare=False)

    def close(self) -> None:
        self.connection.close()

    def enqueue(self, count: int, batch: int = CHUNK) -> None:
        for names in _names(count, batch):
            self.connection.execute(_INSERT, (names,))

    def copy(self, count: int, batch: int = CHUNK) -> None:
        """Insert jobs the fastest way that there is, `batch` a transaction."""
        for names in _names(count, batch):
            with self.connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for name in names:
                    copy.write_row(("pending", name))

    def claim(self, limit: int) -> list[int]:
        """Mark so many pending jobs as running; their ids."""
        return [job_id for (job_id,) in self.connection.execute(_CLAIM, (limit,))]

    def end(self, job_ids: list[int]) -> None:
        self.connection.execute(_END, (job_ids,))

    def drain(self, batch: int = BATCH) -> None:
        """Claim and end everything, `batch` at a time."""
        while job_ids := self.claim(batch):
            self.end(job_ids)


def rates(url: str, jobs: int, single: int) -> Figures:
    """Jobs a second: inserted in two ways, by the thousand; claimed and ended one by one."""
    queue = RawQueue(url)
    began = time.perf_counter()
    queue.enqueue(jobs)
    inserted = time.perf_counter()
    queue.copy(jobs)
    copied = time.perf_counter()
    for _ in range(single):
        queue.end(queue.claim(1))
    drained = time.perf_counter()
    queue.close()
    return {
        "raw_enqueue_jobs_per_second": jobs / (inserted - began),
        "raw_copy_jobs_per_second": jobs / (copied - inserted),
        "raw_single_jobs_per_second": single / (drained - copied),
    }


def drains(url: str, jobs: int, processes: int) -> Figures:
    """Jobs a second that so many processes claim and end, by the hundred."""
    queue = RawQueue(url)
    queue.enqueue(jobs)
    queue.close()
    seconds = seconds_to_drain(own_command("raw_postgres.py", url, BATCH), processes, url, None)
    return {f"raw_drain_jobs_per_second_{processes}_processes": jobs / seconds}


def parent(url: str, children: int) -> Figures:
    """Seconds from the first insert to the last end of so many jobs, by the hundred; and of one commit."""
    queue = RawQueue(url)
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


def pickups(url: str, count: int) -> Figures:
    """How long it takes from before the insert of one job until another connection, notified, has claimed it."""
    producer, consumer = RawQueue(url), RawQueue(url, make=False)
    claimed = threading.Semaphore(0)
    ends: list[float] = []

    def consume() -> None:
        consumer.connection.execute("LISTEN jobs")
        claimed.release()
        for _ in range(count):
            list(consumer.connection.notifies(stop_after=1))
            consumer.claim(1)
            ends.append(time.perf_counter())
            claimed.release()

    thread = threading.Thread(target=consume)
    thread.start()
    claimed.acquire()
    waits = []
    for _ in range(count):
        began = time.perf_counter()
        with producer.connection.transaction():
            producer.enqueue(1)
            producer.connection.execute("NOTIFY jobs")
        claimed.acquire()
        waits.append((ends[-1] - began) * 1000)
    thread.join()
    producer.close()
    consumer.close()
    return wait_figures("raw_pickup", waits)


def _names(count: int, batch: int) -> Iterator[list[str]]:
    for start in range(0, count, batch):
        yield [f"child {number}" for number in range(start, min(start + batch, count))]


def _take_part(url: str, batch: int) -> None:
    queue = RawQueue(url, make=False)
    wait_for_start()
    queue.drain(batch)
    say_done()
    sys.stdin.read()
    queue.close()


if __name__ == "__main__":
    _take_part(sys.argv[1], int(sys.argv[2]))
