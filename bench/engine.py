"""What the job system costs: each figure beside the same work by bare statements, in the same rounds.

A job has everything on: leases, fencing, its parent's accounting, events, durable commits. On SQLite, on a private
PostgreSQL server that is started for it and waits for the disk (`--postgres`), or on the server of a URL
(`--database`; its user must be allowed to create databases). `--peers` adds other queues, each installed into an
environment of its own; `--growth` adds a store with a million finished jobs, which takes minutes.
"""

import argparse
import subprocess
import sys

from support import engine_postgres, engine_sqlite, sizes
from support.contest import ContestError
from support.databases import server_of
from support.figures import Figure, print_figures
from support.peers import PeerMissingError


def main() -> int:
    options = _options()
    try:
        figures = _figures(options)
    except (PeerMissingError, ContestError) as error:
        print(f"engine: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"engine: {error}\n{error.stderr}", file=sys.stderr)
        return 1
    print_figures(figures, as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the job system.")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL, on a server of its own")
    parser.add_argument(
        "--database", metavar="URL", help="on PostgreSQL, on that server: postgresql://user@host/db"
    )
    parser.add_argument(
        "--quick", action="store_true", help="one small round: whether it works, not how fast"
    )
    parser.add_argument("--rounds", type=int, help="how many rounds, instead of 9")
    parser.add_argument(
        "--peers", action="store_true", help="also other queues; downloads them the first time"
    )
    parser.add_argument(
        "--growth", action="store_true", help="also with a million finished jobs; takes minutes"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object of medians")
    return parser.parse_args()


def _figures(options: argparse.Namespace) -> dict[str, Figure]:
    size = sizes.QUICK if options.quick else sizes.FULL
    if options.rounds:
        size = sizes.replace(size, rounds=options.rounds)
    if not options.postgres and options.database is None:
        return engine_sqlite.figures(size, peers=options.peers, grow=options.growth)
    with server_of(options.database) as server:
        for line in engine_postgres.facts(server, peers=options.peers):
            print(f"# {line}", file=sys.stderr if options.json else sys.stdout, flush=True)
        return engine_postgres.figures(server, size, peers=options.peers, grow=options.growth)


if __name__ == "__main__":
    sys.exit(main())
