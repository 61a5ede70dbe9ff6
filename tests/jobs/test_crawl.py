"""A crawl step against a web server that misbehaves: what becomes a document, what a failure, what neither."""

from collections.abc import AsyncIterator

import pytest

from quaero.jobs.engine import Engine
from quaero.jobs.summary import RunSummary
from quaero.models.definition import JobDefinition, JobStep, RetryPolicy
from quaero.models.document import Document
from quaero.models.job import JobKind, JobState
from quaero.models.toml_writer import ConfigValue
from quaero.search.query import parse_query
from quaero.store.reads import DocumentFilter, JobFilter
from quaero.testing import open_test_engine, run_to_end
from tests.crawler.misbehaving_server import MisbehavingServer, running_server
from tests.places import Place


@pytest.fixture
async def server() -> AsyncIterator[MisbehavingServer]:
    async with running_server() as running:
        yield running


@pytest.fixture
async def engine(place: Place) -> AsyncIterator[Engine]:
    async with open_test_engine(place.url) as engine:
        yield engine
        assert await engine.store.check() == ()


def html(*links: str, title: str = "A page", head: str = "", text: str = "Some words.") -> bytes:
    anchors = " ".join(f'<a href="{link}">{link}</a>' for link in links)
    start = f"<html><head><title>{title}</title>{head}</head>"
    return f"{start}<body><main><p>{text} {anchors}</p></main></body></html>".encode()


async def crawl(engine: Engine, server: MisbehavingServer, *starts: str, **config: ConfigValue) -> RunSummary:
    """Crawl from the paths; failures are not tried again."""
    config = {
        "start_urls": [server.url(path) for path in starts or ("/",)],
        "max_depth": 20,
        "max_pages": 1000,
        "allow_private": [server.host],
        **config,
    }
    step = JobStep("crawl", "crawl", config, retry=RetryPolicy(max_attempts=1))
    return await run_to_end(engine, JobDefinition(id="site", name="Site", steps=(step,), tags=("docs",)))


async def documents(engine: Engine) -> dict[str, Document]:
    """The stored documents by the path of their canonical URL."""
    page = await engine.store.documents(DocumentFilter(), limit=1000)
    return {"/" + document.canonical_url.split("/", 3)[3]: document for document in page.items}


async def notes(engine: Engine, summary: RunSummary) -> dict[str, str]:
    """What the jobs of a run say that ended without a document."""
    page = await engine.store.jobs(JobFilter(root_id=summary.job.id, kind=JobKind.CHILD), limit=1000)
    return {"/" + job.name.split("/", 3)[3]: job.note for job in page.items if job.note}


def errors(summary: RunSummary) -> dict[str, int]:
    return {group.code: group.count for group in summary.steps[0].errors}


async def test_every_page_is_stored_once_with_its_title_text_and_tags(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("a", "b", "a#part", "/"))
    server.serve("/a", html("/b", "/", title="First", text="Hello <b>world</b>."))
    server.serve("/b", html("/a"))
    summary = await crawl(engine, server)

    found = await documents(engine)
    assert set(found) == {"/", "/a", "/b"}
    assert (found["/a"].title, found["/a"].tags) == ("First", ("docs",))
    assert "Hello **world**." in ((await engine.store.document(found["/a"].id)).markdown or "")
    assert summary.documents.created == 3
    assert sorted(server.paths()) == ["/", "/a", "/b", "/robots.txt"]


async def test_an_error_page_is_a_failure_and_no_document(engine: Engine, server: MisbehavingServer) -> None:
    server.serve("/", html("/gone", "/broken"))
    server.serve("/broken", html(title="Oops"), status=500)
    summary = await crawl(engine, server)

    assert set(await documents(engine)) == {"/"}
    assert errors(summary) == {"http_404": 1, "http_500": 1}
    assert summary.job.state is JobState.COMPLETED


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/50mb", "body_too_large"),
        ("/endless", "body_too_large"),
        ("/cut-length", "body_cut"),
        ("/gzip-damaged", "bad_encoding"),
        ("/gzip-bomb", "body_too_large"),
        ("/huge-header", "bad_response"),
        ("/loop-a", "redirect_loop"),
    ],
)
async def test_a_page_that_misbehaves_fails_alone(
    engine: Engine, server: MisbehavingServer, path: str, code: str
) -> None:
    server.serve("/", html(path, "/fine"))
    server.serve("/fine", html())
    summary = await crawl(engine, server)

    assert errors(summary) == {code: 1}
    assert set(await documents(engine)) == {"/", "/fine"}


async def test_a_redirect_counts_as_the_page_that_it_leads_to(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/old", "/new", "/older"))
    server.redirect("/old", "/new")
    server.redirect("/older", "/old")
    server.serve("/new", html(title="New"))
    summary = await crawl(engine, server)

    found = await documents(engine)
    assert set(found) == {"/", "/new"}
    assert found["/new"].url == server.url("/new")
    assert summary.documents.total == 2
    assert not errors(summary)


async def test_a_canonical_link_merges_pages_only_where_it_points_into_the_scope(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/print", "/page", "/other"))
    server.serve("/page", html(title="Page"))
    server.serve("/print", html(title="Page", head='<link rel="canonical" href="/page">'))
    server.serve("/other", html(head='<link rel="canonical" href="https://example.org/elsewhere">'))
    await crawl(engine, server)

    assert set(await documents(engine)) == {"/", "/page", "/other"}


async def test_a_canonical_page_that_is_linked_from_nowhere_is_known_by_its_canonical_address(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/print"))
    server.serve("/print", html(head='<link rel="canonical" href="/article">'))
    await crawl(engine, server)

    [document] = [d for path, d in (await documents(engine)).items() if path != "/"]
    assert document.canonical_url == server.url("/article")
    assert document.url == server.url("/print")


async def test_what_robots_and_the_page_itself_ask_for_is_kept_to(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /private/", content_type="text/plain")
    server.serve("/", html("/private/page", "/unlisted", "/dead-end"))
    server.serve("/private/page", html())
    server.serve("/unlisted", html("/beyond", head='<meta name="robots" content="noindex">'))
    server.serve("/beyond", html())
    server.serve("/dead-end", html("/hidden", head='<meta name="robots" content="nofollow">'))
    server.serve("/hidden", html())
    summary = await crawl(engine, server)

    assert set(await documents(engine)) == {"/", "/beyond", "/dead-end"}
    assert "/private/page" not in server.paths()
    assert await notes(engine, summary) == {
        "/private/page": "not allowed by robots.txt",
        "/unlisted": "the page asks not to be indexed",
    }


async def test_a_start_page_that_robots_forbids_is_a_failure(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/robots.txt", b"User-agent: *\nDisallow: /", content_type="text/plain")
    server.serve("/", html())
    summary = await crawl(engine, server)

    assert summary.job.state is JobState.FAILED
    assert errors(summary) == {"robots_disallowed": 1}
    assert (await crawl(engine, server, respect_robots=False)).documents.created == 1


@pytest.mark.parametrize("concurrency", [1, 8])
async def test_the_limit_on_pages_is_exact_whatever_fails_or_is_filtered(
    engine: Engine, server: MisbehavingServer, concurrency: int
) -> None:
    good = [f"/page/{n}" for n in range(40)]
    bad = [f"/gone/{n}" for n in range(10)]
    mixed = [path for pair in zip(bad, good, strict=False) for path in pair] + good[10:]
    server.serve("/", html(*mixed))
    for path in good:
        server.serve(path, html("/", *mixed))
    summary = await crawl(engine, server, max_pages=25, concurrency=concurrency)

    assert summary.documents.created == 25
    assert len(await documents(engine)) == 25


async def test_the_limit_on_depth_is_exact(engine: Engine, server: MisbehavingServer) -> None:
    for depth in range(6):
        server.serve(f"/{depth}", html(f"/{depth + 1}"))
    await crawl(engine, server, "/0", max_depth=3)

    assert set(await documents(engine)) == {"/0", "/1", "/2", "/3"}


async def test_include_exclude_and_host_bound_the_crawl(engine: Engine, server: MisbehavingServer) -> None:
    server.serve("/", html("/docs/a", "/docs/private/b", "/blog/c", "https://example.org/docs/d"))
    server.serve("/docs/a", html())
    await crawl(engine, server, include_patterns=["/docs/"], exclude_patterns=["/private/"])

    assert set(await documents(engine)) == {"/", "/docs/a"}


async def test_a_link_with_control_characters_is_followed_as_browsers_do(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/a&#10;b", "/c&#9;", "&#1;/d", "http://[bad", "javascript:void(0)"))
    server.serve("/ab", html())
    server.serve("/c", html())
    server.serve("/d", html())
    await crawl(engine, server)

    assert set(await documents(engine)) == {"/", "/ab", "/c", "/d"}


async def test_an_odd_encoding_is_read_as_what_it_is(engine: Engine, server: MisbehavingServer) -> None:
    page = html(title="Grüße", text="Übermäßig schön.", head='<meta charset="windows-1252">')
    server.serve("/", page.decode().encode("windows-1252"), content_type="text/html")
    await crawl(engine, server)

    [document] = (await documents(engine)).values()
    assert document.title == "Grüße"
    assert "Übermäßig schön." in ((await engine.store.document(document.id)).markdown or "")


async def test_a_recrawl_says_what_is_new_changed_and_unchanged(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/same", "/changes"))
    server.serve("/same", html())
    server.serve("/changes", html(text="before"))
    await crawl(engine, server)
    server.serve("/changes", html("/new", text="after"))
    server.serve("/new", html())
    counts = (await crawl(engine, server)).documents

    assert (counts.created, counts.updated, counts.unchanged) == (1, 1, 2)
    hits, _ = await engine.store.search(parse_query("before"))
    assert hits == ()
    hits, _ = await engine.store.search(parse_query("after"))
    assert [hit.document.canonical_url for hit in hits] == [server.url("/changes")]


async def test_a_private_address_is_refused_unless_the_definition_names_it(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html())
    summary = await crawl(engine, server, allow_private=[])

    assert errors(summary) == {"address_refused": 1}
    assert server.paths() == []


async def test_a_link_to_what_is_no_page_is_no_failure(engine: Engine, server: MisbehavingServer) -> None:
    server.serve("/", html("/film", "/away"))
    server.serve("/film", b"...", content_type="video/mp4")
    server.redirect("/away", "https://example.org/")
    summary = await crawl(engine, server)

    assert not errors(summary)
    assert set(await notes(engine, summary)) == {"/film", "/away"}


async def test_the_log_tells_what_came_of_every_page_and_every_attempt(
    engine: Engine, server: MisbehavingServer
) -> None:
    server.serve("/", html("/gone", "/page"))
    server.serve("/page", html("/"))
    summary = await crawl(engine, server)

    lines = [f"{line.level}: {line.message}" for line in await engine.store.log(summary.job.id)]
    assert any(
        line.startswith("info: 200 text/html") and line.endswith("2 links, 2 of them new") for line in lines
    )
    assert f"error: {server.url('/gone')}: the server answered 404 Not Found" in lines
    assert len(lines) == 3
