"""What is measured of the job system on PostgreSQL, and beside what: all on one server, in the same rounds."""

import asyncio
from collections.abc import Mapping

import psycopg
from support import engine_measures, raw_postgres
from support.databases import EMPTY, Server, on_server, round_of
from support.figures import Figure, Measure, interleaved, ratio_of_best, ratio_of_medians
from support.growth import growth
from support.postgres_peers import PEERS
from support.sizes import Sizes

Figures = Mapping[str, float]

PROCESSES = (1, 2)
FACTS = (
    "server_version",
    "fsync",
    "full_page_writes",
    "synchronous_commit",
    "shared_buffers",
    "max_connections",
)


def figures(server: Server, sizes: Sizes, *, peers: bool, grow: bool) -> dict[str, Figure]:
    """All figures of the rounds."""
    stores, empty = on_server(server), on_server(server, EMPTY)
    measures: list[Measure] = []
    for processes in PROCESSES:
        measures += [
            round_of(empty, raw_postgres.drains, sizes.jobs, processes),
            round_of(stores, engine_measures.drains, sizes.jobs, processes),
        ]
        if peers:
            measures += [round_of(empty, peer.rates, sizes.jobs, processes) for peer in PEERS]
    measures += [
        round_of(empty, raw_postgres.rates, sizes.jobs, sizes.single),
        round_of(empty, raw_postgres.parent, sizes.children),
        round_of(stores, _parent, sizes.children, sizes.closes),
        round_of(empty, raw_postgres.pickups, sizes.pickups),
        round_of(stores, _pickups, sizes.pickups),
    ]
    if peers:
        measures += [round_of(empty, peer.pickups, sizes.pickups) for peer in PEERS]
    found = interleaved(sizes.rounds, measures)
    found |= _ratios(found, peers=peers)
    if grow:
        with stores() as few, stores() as many:
            found |= interleaved(1, [lambda: asyncio.run(growth(few, many, sizes.finished))])
    return found


def facts(server: Server, *, peers: bool) -> list[str]:
    """What the figures depend on, a line each."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        settings = [(name, connection.execute(f"SHOW {name}".encode()).fetchall()[0][0]) for name in FACTS]
    lines = ["PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in settings)]
    if peers:
        lines += [f"{', '.join(peer.requirements)}: {peer.settings}" for peer in PEERS]
    return lines


def _parent(url: str, *sizes: int) -> Figures:
    return asyncio.run(engine_measures.parent(url, *sizes))


def _pickups(url: str, count: int) -> Figures:
    return asyncio.run(engine_measures.pickups(url, count))


def _ratios(found: Mapping[str, Figure], *, peers: bool) -> dict[str, Figure]:
    ratios = {
        "enqueue_ratio": ratio_of_best(found, "enqueue_jobs_per_second", "raw_enqueue_jobs_per_second"),
    }
    for processes in PROCESSES:
        rate = f"drain_jobs_per_second_{processes}_processes"
        ratios[f"drain_ratio_{processes}_processes"] = ratio_of_best(found, rate, f"raw_{rate}")
        if peers:
            for peer in PEERS:
                name = f"drain_over_{peer.name}_{processes}_processes"
                ratios[name] = ratio_of_medians(found, rate, f"{peer.name}_{rate}")
    return ratios
