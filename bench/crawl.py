"""A whole site by `quaero crawl`, as people run it, beside Scrapy: the same server, the same rounds, 8 connections.

Ours fetches, finds links, takes the main content, makes Markdown and metadata, and stores every page durably and
indexed. Scrapy, in an environment of its own, finds links and stores the raw bodies.
"""

import argparse
import json
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import apsw
from support import program
from support.figures import Figure, interleaved, print_figures, ratio_of_medians
from support.peers import PeerMissingError, peer_python
from support.sites import MissingError, named_sites, page_targets, served

_SCRAPY: Final = "scrapy==2.19.0"
_SPIDER: Final = Path(__file__).parent / "peers" / "scrapy_crawl.py"
_NO_LIMIT: Final = "1000000"
_FULL_ROUNDS: Final = 5
_SHOWN_DIFFERENCES: Final = 5


class WrongPagesError(Exception):
    """A crawl found other pages than there are, so its time means nothing; the text is one line."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site while it is served; `pages` are the targets of all pages that it has."""

    name: str
    origin: str
    pages: frozenset[str]

    def check(self, who: str, urls: set[str]) -> None:
        """Raise WrongPagesError unless these are the URLs of all pages."""
        found = {url.removeprefix(self.origin) for url in urls}
        if found != self.pages:
            missing, surplus = sorted(self.pages - found), sorted(found - self.pages)
            raise WrongPagesError(
                f"{self.name}: {who} missed {len(missing)} pages {missing[:_SHOWN_DIFFERENCES]} "
                f"and found {len(surplus)} others {surplus[:_SHOWN_DIFFERENCES]}"
            )


def main() -> int:
    options = _options()
    figures: dict[str, Figure] = {}
    try:
        for name, folder in named_sites().items():
            with served(folder) as origin:
                site = Site(name, origin, page_targets(folder))
                figures |= _figures(site, 1 if options.quick else _FULL_ROUNDS, peers=options.peers)
    except (MissingError, PeerMissingError, WrongPagesError) as error:
        print(f"crawl: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        print(f"crawl: {error}\n{error.stderr}", file=sys.stderr)
        return 1
    print_figures(figures, as_json=options.json)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure the crawl of whole sites.")
    parser.add_argument("--quick", action="store_true", help="one round only")
    parser.add_argument("--peers", action="store_true", help="also Scrapy; downloads it the first time")
    parser.add_argument("--json", action="store_true", help="print one JSON object of medians")
    return parser.parse_args()


def _figures(site: Site, rounds: int, *, peers: bool) -> dict[str, Figure]:
    measures = [lambda: _ours(site)]
    if peers:
        measures.append(lambda: _scrapy(site))
    figures = interleaved(rounds, measures)
    if peers:
        ours, theirs = f"{site.name}_pages_per_second", f"{site.name}_scrapy_pages_per_second"
        figures[f"{site.name}_ratio"] = ratio_of_medians(figures, ours, theirs)
    return figures


def _ours(site: Site) -> Mapping[str, float]:
    with _scratch() as folder:
        limits = ["--max-pages", _NO_LIMIT, "--max-depth", _NO_LIMIT, "--concurrency", "8"]
        ended = program.run(_quaero("crawl", f"{site.origin}/", *limits), folder)
        site.check("quaero", _stored_urls(folder))
    return _of(site, "", json.loads(ended.printed)["duration_seconds"], ended)


def _scrapy(site: Site) -> Mapping[str, float]:
    with _scratch() as folder:
        command = [str(peer_python(_SCRAPY)), str(_SPIDER), f"{site.origin}/", "pages.db"]
        ended = program.run(command, folder)
        with closing(apsw.Connection(str(folder / "pages.db"))) as pages:
            site.check("scrapy", {url for (url,) in pages.execute("SELECT url FROM pages")})
    return _of(site, "scrapy_", json.loads(ended.printed)["seconds"], ended)


def _of(site: Site, who: str, crawl_seconds: float, ended: program.Ended) -> Mapping[str, float]:
    """The figures of a crawl; those of the whole process include its start and end."""
    prefix = f"{site.name}_{who}"
    return {
        f"{prefix}pages_per_second": len(site.pages) / crawl_seconds,
        f"{prefix}whole_process_pages_per_second": len(site.pages) / ended.seconds,
        f"{prefix}peak_memory_megabytes": ended.peak_megabytes,
    }


def _stored_urls(folder: Path) -> set[str]:
    urls: set[str] = set()
    cursor: list[str] = []
    while True:
        listed = program.run(_quaero("documents", "list", "--limit", "1000", *cursor), folder)
        page: Mapping[str, Any] = json.loads(listed.printed)
        urls |= {document["canonical_url"] for document in page["items"]}
        if page["next_cursor"] is None:
            return urls
        cursor = ["--cursor", page["next_cursor"]]


def _quaero(*arguments: str) -> list[str]:
    return [
        f"{sysconfig.get_path('scripts')}/quaero",
        *arguments,
        "--json",
        "--database",
        "sqlite:///bench.db",
    ]


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="quaero-bench-") as folder:
        yield Path(folder)


if __name__ == "__main__":
    sys.exit(main())
