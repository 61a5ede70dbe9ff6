"""Another program that holds the write lock of a database, again and again: `lock_process.py PATH SEED LONGEST_MS`.

It writes a line whenever it has the lock. With a longest time of 0 it keeps it until its input is closed.
"""

import random
import sys
import time

import apsw


def main(path: str, seed: int, longest_ms: int) -> None:
    dice = random.Random(seed)
    connection = apsw.Connection(path)
    connection.set_busy_timeout(60_000)
    while True:
        connection.execute("BEGIN IMMEDIATE")
        sys.stdout.write("locked\n")
        sys.stdout.flush()
        if longest_ms == 0:
            sys.stdin.read()
            return
        time.sleep(dice.uniform(0, longest_ms) / 1_000)
        connection.execute("ROLLBACK" if dice.random() < 0.5 else "COMMIT")
        time.sleep(dice.uniform(0, longest_ms) / 8_000)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
