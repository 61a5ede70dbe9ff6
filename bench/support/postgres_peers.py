"""Job queues on PostgreSQL that we are measured against, each with its fastest sensible settings."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.contest import printed, seconds_to_drain
from support.figures import wait_figures
from support.peers import peer_python

Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Peer:
    """A queue; `unfinished` asks its database whether there is anything left to do.

    `settings` says in which way it was run; `share` of the jobs is what it gets, so that a slow one does not take all
    the time.
    """

    name: str
    requirements: tuple[str, ...]
    script: str
    settings: str
    unfinished: str
    share: float = 1.0
    newer_python: bool = False

    def command(self, *arguments: object) -> list[str]:
        python = peer_python(*self.requirements, newer_python=self.newer_python)
        script = Path(__file__).parent.parent / "peers" / self.script
        return [str(python), str(script), *map(str, arguments)]

    def rates(self, url: str, jobs: int, processes: int) -> Figures:
        """Jobs a second: first all are stored, then so many processes drain them."""
        count = int(jobs * self.share)
        stored = float(printed(self.command("enqueue", url, count)))
        drained = count / seconds_to_drain(self.command("work", url), processes, url, self.unfinished)
        return {
            f"{self.name}_enqueue_jobs_per_second": stored,
            f"{self.name}_drain_jobs_per_second_{processes}_processes": drained,
        }

    def pickups(self, url: str, count: int) -> Figures:
        """How long it takes from before a job is stored until it begins, all in one idle process."""
        waits = json.loads(printed(self.command("pickups", url, count)))
        return wait_figures(f"{self.name}_pickup", waits)


OBAN = Peer(
    "oban",
    ("oban==0.7.0",),
    "oban_jobs.py",
    "100 jobs at a time in a process, uvloop, stored by enqueue_many a thousand at a time",
    "SELECT EXISTS (SELECT FROM oban_jobs WHERE state = 'available')"
    " OR EXISTS (SELECT FROM oban_jobs WHERE state = 'executing')",
    newer_python=True,
)
PROCRASTINATE = Peer(
    "procrastinate",
    ("procrastinate==3.10.0", "psycopg[binary]==3.3.9"),
    "procrastinate_jobs.py",
    "20 jobs at a time in a process, stored by batch_defer a thousand at a time",
    "SELECT EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'todo')"
    " OR EXISTS (SELECT FROM procrastinate_jobs WHERE status = 'doing')",
    share=0.1,
)
PEERS = (OBAN, PROCRASTINATE)
