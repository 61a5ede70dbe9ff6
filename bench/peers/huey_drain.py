# mypy: ignore-errors
"""Drains tasks that do nothing from huey on SQLite, synced at every commit; prints tasks a second.

Runs in the environment of huey, where the project's own packages are missing.

Usage: huey_drain.py DATABASE TASKS
"""

import sys
import threading
import time

from huey import SqliteHuey


def main():
    database, tasks = sys.argv[1], int(sys.argv[2])
    huey = SqliteHuey("bench", filename=database, fsync=True, results=False)
    finished = threading.Event()
    left = tasks

    @huey.task()
    def nothing():
        nonlocal left
        left -= 1
        if not left:
            finished.set()

    for _ in range(tasks):
        nothing()
    consumer = huey.create_consumer(workers=1, periodic=False, initial_delay=0.001, max_delay=0.01)
    began = time.perf_counter()
    consumer.start()
    finished.wait()
    print(tasks / (time.perf_counter() - began))
    consumer.stop(graceful=True)


main()
