"""Every definition in `examples/` is valid as it stands, and does on the demo site what it promises."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from quaero.demo.server import DemoSite, demo_site, expected_pages
from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.document import Document
from quaero.models.job import Job, JobState
from quaero.search.query import parse_query
from quaero.store.reads import DocumentFilter
from quaero.testing import open_test_engine, run_to_end
from tests.places import Place
from tests.places_search.answers import CAFE, OVERPASS
from tests.places_search.fake_services import fake_service
from tests.places_search.kit import settings_for

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
async def site() -> AsyncIterator[DemoSite]:
    async with demo_site() as site:
        yield site


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    """An engine with all installed kinds of work; whatever the test did, its invariants hold at the end."""
    async with open_test_engine(place.url) as engine:
        yield engine
        assert await engine.store.check() == ()


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.toml")), ids=lambda file: file.stem)
async def test_an_example_is_valid_and_its_id_is_its_file_name(engine: Engine, file: Path) -> None:
    assert (await engine.control.read(text_of(file.name), file=file.name)).id == file.stem


async def test_python_docs_takes_all_but_what_it_excludes(engine: Engine, site: DemoSite) -> None:
    await run(
        engine,
        site,
        "python-docs.toml",
        {
            r"^https://docs\.python\.org/3/": f"^{site.url}",
            "https://docs.python.org/3/": site.url,
            "/whatsnew/": "/reference/",
        },
    )

    stored = await documents(engine)
    assert paths(stored, site) == {path for path in expected_pages() if "/reference/" not in path}
    assert {document.tags for document in stored} == {("docs", "python")}


async def test_two_manuals_are_crawled_side_by_side_and_indexed_after_both(
    engine: Engine, site: DemoSite
) -> None:
    summary = await run(
        engine,
        site,
        "two-manuals.toml",
        {
            "https://www.postgresql.org/docs/current/": f"{site.url}jobs/",
            "/docs/current/": "/jobs/",
            "https://www.sqlite.org/docs.html": f"{site.url}search/",
            "'/src/'": "'/(jobs|crawl)/'",
        },
    )

    postgresql, sqlite, index = (span(step.job) for step in summary.steps)
    assert sqlite.began < postgresql.ended
    assert postgresql.began < sqlite.ended
    assert index.began >= max(postgresql.ended, sqlite.ended)
    found = paths(await documents(engine), site)
    assert {path for path in expected_pages() if path.startswith(("/jobs/", "/search/"))} <= found
    assert not {path for path in found if path.startswith("/crawl/")}


async def test_the_wiki_inside_the_company_is_reached_although_its_address_is_private(
    engine: Engine, site: DemoSite
) -> None:
    await run(
        engine,
        site,
        "intranet-wiki.toml",
        {"https://wiki.intranet:8443/": site.url, "wiki.intranet:8443": host(site), '"500ms"': '"1ms"'},
    )

    assert paths(await documents(engine), site) == expected_pages()


async def test_a_reading_list_stores_its_pages_whole_and_follows_nothing(
    engine: Engine, site: DemoSite
) -> None:
    await run(
        engine,
        site,
        "reading-list.toml",
        {
            "https://www.sqlite.org/wal.html": f"{site.url}jobs/leases.html",
            "https://www.sqlite.org/lockingv3.html": f"{site.url}crawl/robots.html",
        },
    )

    stored = await documents(engine)
    assert paths(stored, site) == {"/jobs/leases.html", "/crawl/robots.html"}
    assert {path for path in site.requests if path != "/robots.txt"} == paths(stored, site)
    whole = [(await engine.store.document(document.id)).markdown or "" for document in stored]
    assert all("Reference" in markdown for markdown in whole)  # a word of the navigation


async def test_cafes_in_lisbon_are_found_by_words_and_around_a_point(engine: Engine) -> None:
    async with fake_service() as nominatim, fake_service() as overpass:
        nominatim.says([CAFE])
        near = {"lat": 38.711, "lon": -9.143}
        overpass.says(OVERPASS | {"elements": [OVERPASS["elements"][1] | near]})
        engine.control.places = settings_for(nominatim, overpass)
        definition = await engine.control.read(text_of("cafes-in-lisbon.toml"), file="cafes-in-lisbon.toml")
        summary = await run_to_end(engine, definition)

    assert summary.job.state is JobState.COMPLETED
    found = {each.title: each for each in await documents(engine)}
    assert set(found) == {"Café da Garça", "Cafe"}
    assert {(each.source_type, each.tags) for each in found.values()} == {("place", ("lisbon",))}


async def test_a_manual_is_read_by_agents_and_a_later_run_reads_only_what_has_changed(
    engine: Engine, site: DemoSite
) -> None:
    changes = {"https://www.sqlite.org/docs.html": f"{site.url}jobs/", "max_depth = 2": "max_depth = 1"}
    first = await run(engine, site, "handbook-with-agents.toml", changes)

    stored = await documents(engine)
    assert {step.progress.counts.completed for step in first.steps[1:4]} == {len(stored)}
    for document in stored:
        assert [result.agent for result in document.results] == [
            "classifier",
            "keyword_extractor",
            "summarizer",
        ]
    leases = next(each for each in stored if each.url.endswith("/jobs/leases.html"))
    label, keywords, summary = (result.value for result in leases.results)
    assert label["label"] == "transactions"
    assert "lease" in {each["keyword"].lower() for each in keywords["keywords"]}
    assert "lease" in summary["summary"].lower()

    again = await run(engine, site, "handbook-with-agents.toml", changes)
    assert [step.progress.counts.total for step in again.steps[1:4]] == [0, 0, 0]


async def test_a_manual_becomes_files_that_lead_back_to_its_pages(
    engine: Engine, site: DemoSite, tmp_path: Path
) -> None:
    folder = tmp_path / "manual"
    changes = {
        "https://www.sqlite.org/docs.html": f"{site.url}jobs/",
        r"'/(docs|lang|pragma|wal)[^/]*\.html$'": "'/jobs/'",
        '"sqlite-manual"': f'"{folder}"',
    }
    await run(engine, site, "manual-as-files.toml", changes)

    stored = await documents(engine)
    assert {file.suffix for file in folder.iterdir()} == {".html", ".jsonl"}
    assert len(list(folder.glob("*.html"))) == len(stored)
    for document in stored:
        [file] = folder.glob(f"*-{document.id}.html")
        assert document.url in file.read_text("utf-8")

    before = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    await run(engine, site, "manual-as-files.toml", changes)
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == before


async def test_notes_of_a_folder_are_found_by_their_words(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "notes" / "garden").mkdir(parents=True)
    (tmp_path / "notes" / "garden" / "roses.md").write_text("# Roses\n\nwater them in the evening")
    text = text_of("notes.toml").replace('"notes"\ninput', f'"{tmp_path / "notes"}"\ninput')
    summary = await run_to_end(engine, await engine.control.read(text, file="notes.toml"))

    assert summary.job.state is JobState.COMPLETED
    [hit], _ = await engine.store.search(parse_query("evening tag:notes"))
    assert (hit.document.title, hit.document.source_type) == ("Roses", "file")


async def run(engine: Engine, site: DemoSite, name: str, changes: dict[str, str]) -> RunSummary:
    """Run the example on the demo site, after these changes to its text."""
    text = text_of(name)
    if "allow_private" not in text:
        changes = {**changes, "start_urls": f'allow_private = ["{host(site)}"]\nstart_urls'}
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    summary = await run_to_end(engine, await engine.control.read(text, file=name))
    assert summary.job.state is JobState.COMPLETED
    return summary


def text_of(name: str) -> str:
    return (EXAMPLES / name).read_text("utf-8")


async def documents(engine: Engine) -> tuple[Document, ...]:
    return (await engine.store.documents(DocumentFilter(), limit=1000)).items


def paths(stored: tuple[Document, ...], site: DemoSite) -> set[str]:
    return {"/" + document.canonical_url.removeprefix(site.url) for document in stored}


class Span(NamedTuple):
    """When a job began and ended, in milliseconds."""

    began: int
    ended: int


def span(job: Job) -> Span:
    assert job.started_at is not None
    assert job.finished_at is not None
    return Span(job.started_at, job.finished_at)


def host(site: DemoSite) -> str:
    """Host and port."""
    return site.url.removeprefix("http://").removesuffix("/")
