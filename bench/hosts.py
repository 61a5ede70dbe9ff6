"""Three hosts on one PostgreSQL: a run of 50,000 children and the crawl of a real site, while things go wrong.

The hosts are network namespaces with addresses of their own, the server is on a bridge between them and waits for the
disk. Meanwhile one host is cut off for 20 s, the worker of another is killed, and the server crashes. Prints what
happened; ends with 1 unless every child was executed and counted once, the crawl found exactly the pages that there
are, and `quaero db check` is clean. Needs root and iproute2.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from support.databases import DURABLE
from support.sites import TOOLS, MissingError, named_sites, page_targets

from tests.crash.judgement import faults
from tests.faults.field import CONCURRENCY, Field, disturb
from tests.faults.host_work import expected
from tests.faults.hosts import Hosts, lacking
from tests.places import PostgresPlace

_JOBS: Final = 50_000
_SITE_PORT: Final = 8_080
_UNDISTURBED_SECONDS: Final = 30
_NO_LIMIT: Final = 1_000_000
_SHOWN: Final = 5


def main() -> int:
    parser = argparse.ArgumentParser(description="Several hosts on one PostgreSQL, while things go wrong.")
    parser.add_argument("--jobs", type=int, default=_JOBS, help=f"children of the run [default: {_JOBS}]")
    parser.add_argument("--quick", action="store_true", help="2,000 children: whether it works")
    options = parser.parse_args()
    reason = lacking()
    if reason is not None:
        print(f"hosts: {reason}", file=sys.stderr)
        return 1
    try:
        name, folder = next(iter(named_sites().items()))
    except MissingError as error:
        print(f"hosts: {error}", file=sys.stderr)
        return 1
    with _field() as field:
        wrong = _work(field, 2_000 if options.quick else options.jobs, name, folder)
    print("\n".join(wrong) or "everything is exact")
    return 1 if wrong else 0


@contextmanager
def _field() -> Iterator[Field]:
    with (
        tempfile.TemporaryDirectory(prefix="quaero-hosts-") as folder,
        Hosts(3, **DURABLE) as hosts,
        Field(hosts, Path(folder)) as field,
    ):
        yield field


def _work(field: Field, jobs: int, site: str, folder: Path) -> list[str]:
    """What is wrong in the end."""
    pages = page_targets(folder)
    for host in field.hosts.hosts:
        field.start_beside(host, str(TOOLS / "serve_folder.py"), str(folder), "--port", str(_SITE_PORT))
        field.start_worker(host)
    began = time.monotonic()
    crawl = field.launch_text("crawl", _crawl_definition())
    field.tell(f"crawl of {site} launched: {len(pages)} pages, served on every host")
    run = field.launch("children", jobs, _UNDISTURBED_SECONDS * 1_000 * CONCURRENCY * 3 / jobs)
    disturb(field, run, jobs)
    for name, run_id in (("run", run), ("crawl", crawl)):
        field.wait_for_end(run_id)
        field.tell(f"the {name} has ended: {field.ended(run_id)} children")
    print(f"{jobs + len(pages)} jobs in {time.monotonic() - began:.1f} s")
    for host in field.hosts.hosts:
        print(f"host {host.address}: {_shares(field, host.name)}")
    return [*_judge(field, run, jobs), *_wrong_pages(field, crawl, pages)]


def _crawl_definition() -> str:
    address = f"127.0.0.1:{_SITE_PORT}"
    return (
        'id = "crawl"\nname = "Crawl"\n[[steps]]\nname = "crawl"\naction = "crawl"\n[steps.config]\n'
        f'start_urls = ["http://{address}/"]\nallow_private = ["{address}"]\n'
        f"max_pages = {_NO_LIMIT}\nmax_depth = {_NO_LIMIT}\nconcurrency = 24\n"
    )


def _shares(field: Field, host: str) -> str:
    """How many executions of children that counted were those of a host's worker."""
    pid = field.workers[host].pid
    count = field.number("SELECT count(*) FROM log_lines WHERE message LIKE %s", f"% in process {pid}")
    return f"{count} children"


def _judge(field: Field, run: int, jobs: int) -> list[str]:
    found = asyncio.run(faults(PostgresPlace(field.url), run, expected(jobs)))
    print(field.quaero("db", "check").strip())
    return found


def _wrong_pages(field: Field, crawl: int, pages: frozenset[str]) -> list[str]:
    origin = f"http://127.0.0.1:{_SITE_PORT}"
    stored = [url for (url,) in field.rows("SELECT canonical_url FROM documents WHERE root_id = %s", crawl)]
    found = {url.removeprefix(origin) for url in stored}
    wrong = [] if len(stored) == len(found) else ["pages are stored twice"]
    if found != pages:
        missing, surplus = sorted(pages - found), sorted(found - pages)
        wrong.append(f"missing {len(missing)} {missing[:_SHOWN]}, others {len(surplus)} {surplus[:_SHOWN]}")
    [(state,)] = field.rows("SELECT state FROM jobs WHERE id = %s", crawl)
    return wrong if state == "completed" else [*wrong, f"the crawl is {state}"]


if __name__ == "__main__":
    sys.exit(main())
