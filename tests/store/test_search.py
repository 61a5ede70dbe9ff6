"""Search in stored documents: what is found, in which order, how it is counted, and that the index stays right."""

import asyncio
import string
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.models.document import NewDocument, SearchHit, content_hash
from quaero.models.outcome import End, Settlement
from quaero.search.query import parse_query
from quaero.store.postgres.connection import connect
from quaero.store.postgres.statements import statement
from quaero.store.store import Store
from tests.kit import script_definition, script_step
from tests.places import BACKENDS, Place, new_place
from tests.store.tree import claim, launch, plan

ALL = 1_000
NEARLY = 0.03  # the index on PostgreSQL rounds how often a word occurs


@dataclass(frozen=True, slots=True)
class Page:
    """A document of the tests; its URL is `https://example.org/NAME`."""

    name: str
    title: str
    text: str
    source: str = "web"

    def new(self, *tags: str) -> NewDocument:
        url = f"https://example.org/{self.name}"
        return NewDocument(
            self.source, url, url, self.title, self.text, content_hash(self.title, self.text), tags
        )


PAGES = (
    Page("docs/queue", "The queue", "Jobs wait in the queue until a worker claims them."),
    Page("docs/lease", "Leases", "A lease is a right to one job. The queue gives it to a worker."),
    Page("docs/crawl", "Crawling", "A crawl follows links. Crawled pages become documents."),
    Page("blog/café", "A visit to the café", "We drank coffee and talked about crawlers."),
    Page("notes/links", "Links", "Follows links and links again.", source="notes"),
)


async def save(store: Store, *found: Page, tags: tuple[str, ...] = ()) -> None:
    """Store the documents as one run brings them."""
    await save_new(store, *(page.new(*tags) for page in found), tags=tags)


async def save_new(store: Store, *found: NewDocument, tags: tuple[str, ...] = ()) -> None:
    _, parent = await launch(store, script_definition(script_step(), tags=tags))
    await plan(store, parent, *(document.url for document in found))
    jobs = {job.name: job for job in await claim(store, limit=ALL)}
    await store.settle(
        [
            Settlement(jobs[document.url].id, jobs[document.url].lease_number, End.COMPLETED, (document,))
            for document in found
        ]
    )


@pytest.fixture
async def store(store: Store) -> AsyncIterator[Store]:
    """The pages above, the ones about jobs tagged."""
    await save(store, *PAGES[:2], tags=("jobs",))
    await save(store, *PAGES[2:])
    yield store
    assert await store.check() == ()


async def names(store: Store, text: str) -> list[str]:
    hits, total = await store.search(parse_query(text), limit=ALL)
    assert total == len(hits)
    return [name_of(hit) for hit in hits]


def name_of(hit: SearchHit) -> str:
    return hit.document.url.removeprefix("https://example.org/")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"one job"', {"docs/lease"}),
        ('"job one"', set()),
        ("worker -lease", {"docs/queue"}),
        ("crawl*", {"docs/crawl", "blog/café"}),
        ("coffee OR lease", {"docs/lease", "blog/café"}),
        ("+links +documents", {"docs/crawl"}),
        ("title:links", {"notes/links"}),
        ("-title:links links", {"docs/crawl"}),
        ("url:docs", {"docs/queue", "docs/lease", "docs/crawl"}),
        ("url:DOCS -url:queue", {"docs/lease", "docs/crawl"}),
        ("tag:jobs", {"docs/queue", "docs/lease"}),
        ("tag:jobs queue -title:queue", {"docs/lease"}),
        ("source:notes", {"notes/links"}),
        ("-source:notes links", {"docs/crawl"}),
        ("-tag:jobs -links", {"blog/café"}),
        ("cafe", {"blog/café"}),
        ("CAFÉ", {"blog/café"}),
        ("claiming", {"docs/queue"}),
        ("", set()),
        ("nothingofthekind", set()),
    ],
)
async def test_a_query_finds_what_it_says(store: Store, text: str, found: set[str]) -> None:
    assert set(await names(store, text)) == found


async def test_a_word_in_the_title_counts_more_than_one_in_the_text(store: Store) -> None:
    assert await names(store, "queue") == ["docs/queue", "docs/lease"]


async def test_optional_words_only_order_what_required_ones_find(store: Store) -> None:
    assert await names(store, "+links documents") == ["docs/crawl", "notes/links"]


async def test_better_matches_have_larger_scores(store: Store) -> None:
    hits, _ = await store.search(parse_query("queue worker job links"))

    scores = [hit.score for hit in hits]
    assert scores == sorted(scores, reverse=True)
    assert scores[-1] > 0


async def test_a_snippet_marks_the_words_in_one_line(store: Store) -> None:
    await save(store, Page("long", "Long", "before\n" * 100 + "the\nneedle\nhere" + "\nafter" * 100))

    [hit], _ = await store.search(parse_query("needle"))
    assert "**needle**" in hit.snippet
    assert "\n" not in hit.snippet
    assert len(hit.snippet.split()) < 50


async def test_pages_of_results_are_parts_of_the_whole(store: Store) -> None:
    await save(store, *(Page(f"same/{n}", "Same", "all the same text") for n in range(25)))
    for text in ("same", "same url:same", "url:same", "text -queue"):
        query = parse_query(text)
        whole, total = await store.search(query, limit=ALL)
        parts: list[SearchHit] = []
        for offset in range(0, total + 4, 4):
            some, counted = await store.search(query, limit=4, offset=offset)
            assert counted == total == len(whole)
            parts += some

        assert [name_of(hit) for hit in parts] == [name_of(hit) for hit in whole]


async def test_the_index_follows_changed_and_deleted_documents(store: Store) -> None:
    queue = PAGES[0]
    await save(store, replace(queue, text="Nothing of that is left."))
    assert await names(store, "claims") == []
    assert await names(store, "left") == ["docs/queue"]

    [found], _ = await store.search(parse_query("left"))
    await store.delete_document(found.document.id)
    assert await names(store, "left") == []
    assert "docs/queue" not in await names(store, "url:docs")


async def test_the_index_survives_vacuum(store: Store) -> None:
    hits, _ = await store.search(parse_query("queue"))
    await store.delete_document(hits[0].document.id)  # leaves a hole in the row ids
    await store.backend.vacuum()

    assert await names(store, "queue") == ["docs/lease"]
    assert await names(store, "title:crawling") == ["docs/crawl"]


LOSS = {
    "sqlite": "INSERT INTO documents_text (documents_text) VALUES ('delete-all')",
    "postgres": "DELETE FROM document_texts",
}


async def test_an_index_that_lost_documents_is_noticed_and_can_be_rebuilt(place: Place) -> None:
    store = place.store()
    await save(store, *PAGES)
    place.execute(LOSS[place.name])
    assert [finding.invariant for finding in await store.check()] == ["index"]

    await store.rebuild_index()

    assert await store.check() == ()
    assert set(await names(store, "queue")) == {"docs/queue", "docs/lease"}
    await store.close()


async def test_the_index_follows_an_address_that_moved(store: Store) -> None:
    await save(store, PAGES[0], PAGES[1])
    moved = replace(PAGES[0].new("jobs"), url="https://example.org/waiting-room")
    await save_new(store, moved)

    assert await names(store, '"waiting room"') == ["waiting-room"]
    assert await names(store, '"docs queue"') == []
    assert set(await names(store, "claims")) == {"waiting-room"}


async def test_megabytes_of_text_are_stored_and_found_to_the_last_word(store: Store) -> None:
    text = "the first alpha " + "beta gamma delta\n" * 300_000 + "the last needle"
    await save(store, Page("huge", "Huge", text))

    for query in ("needle", '"last needle"', '"delta the last"', "need*", "+alpha +needle"):
        assert await names(store, query) == ["huge"]
    assert await names(store, '"alpha needle"') == []
    [hit], _ = await store.search(parse_query('"first alpha" needle'))
    assert "the **first alpha** beta" in hit.snippet


async def test_a_text_of_nothing_but_different_words_is_stored_and_found_by_its_beginning(
    store: Store,
) -> None:
    await save(store, Page("list", "A list", " ".join(f"w{n}" for n in range(300_000))))

    assert await names(store, "w77") == ["list"]
    assert await names(store, '"w50000 w50001"') == ["list"]


async def test_a_document_that_repeats_a_word_without_end_is_shown_like_any_other(store: Store) -> None:
    await save(store, Page("endless", "Endless", "alpha beta gamma delta\n" * 100_000))

    [hit], _ = await store.search(parse_query("alpha delta"))
    assert hit.snippet.startswith("**alpha** beta gamma **delta**")


async def test_a_word_of_any_length_is_no_error(store: Store) -> None:
    words = {
        size: letter * size
        for size, letter in [(400, "p"), (600, "q"), (3_000, "r"), (70_000, "s"), (400, "ж")]
    }
    await save(store, *(Page(f"long/{size}", "Long", f"before {word} after") for size, word in words.items()))

    for size, word in words.items():
        assert await names(store, f"{word[:300]}*") == [f"long/{size}"]
        if size < 1_000:
            assert await names(store, word) == [f"long/{size}"]


async def test_searches_find_everything_while_the_index_is_built_anew(store: Store) -> None:
    await save(store, *(Page(f"same/{n}", "Same", "all the same text") for n in range(70)))
    rebuilding = asyncio.create_task(store.rebuild_index())
    looks = 0
    while not rebuilding.done():
        _, total = await store.search(parse_query("same"), limit=1)
        assert total == 70
        looks += 1

    await rebuilding
    assert looks
    assert len(await names(store, "same")) == 70


async def test_a_document_that_changes_while_the_index_is_built_anew_is_found_as_it_is(store: Store) -> None:
    await save(store, *(Page(f"same/{n}", "Same", "all the same text") for n in range(70)))

    await asyncio.gather(
        store.rebuild_index(),
        save(store, *(Page(f"same/{n}", "Same", "something else") for n in range(0, 70, 7))),
    )

    assert await store.check() == ()
    assert len(await names(store, "something")) == 10
    assert len(await names(store, '"same text"')) == 60


@pytest.fixture(scope="module", params=BACKENDS)
def search_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Searching"]:
    if request.config.getoption("backend") not in ("both", request.param):
        pytest.skip("not the database that is wanted")
    place = new_place(request.param, tmp_path_factory.mktemp("search"))
    searching = Searching(place)
    yield searching
    searching.close()
    place.remove()


class Searching:
    """Searches a store of the pages above; for tests that are plain functions."""

    def __init__(self, place: Place) -> None:
        self._runner = asyncio.Runner()
        self._store = self._runner.run(self._open(place))

    async def _open(self, place: Place) -> Store:
        store = place.store()
        await save(store, *PAGES, tags=("jobs",))
        return store

    def __call__(self, text: str) -> tuple[set[str], int]:
        hits, total = self.hits(text)
        return {name_of(hit) for hit in hits}, total

    def hits(self, text: str) -> tuple[tuple[SearchHit, ...], int]:
        return self._runner.run(self._store.search(parse_query(text), limit=ALL))

    def close(self) -> None:
        self._runner.run(self._store.close())
        self._runner.close()


SYNTAX = st.sampled_from(
    [
        "title:",
        "url:",
        "tag:",
        "source:",
        "OR",
        "AND",
        "NOT",
        "NEAR",
        "-",
        "+",
        '"',
        "*",
        "(",
        ")",
        "^",
        ":",
        "{",
        "}",
    ]
)
WORDS = st.sampled_from(["queue", "lease", "links", "crawl", "café", "the", "jobs", "web", "docs"])
TEXTS = st.lists(SYNTAX | WORDS | st.text(max_size=5) | st.just(" "), max_size=12).map("".join)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_no_text_is_an_error_and_the_total_is_right(search_of: Searching, text: str) -> None:
    found, total = search_of(text)
    assert len(found) == total <= len(PAGES)


@given(st.text(st.characters(codec=None, categories=("Cs", "Cc", "Po", "Lu")), max_size=8))
@settings(max_examples=100, deadline=None)
def test_text_that_is_no_unicode_is_no_error_either(search_of: Searching, text: str) -> None:
    for query in (text, f"url:{text}", f'tag:"{text}\0"', f"title:{text}"):
        search_of(query)


@given(
    st.lists(st.sampled_from(["url:docs", "tag:jobs", "source:web", "url:blog", "-url:queue"]), max_size=3),
    WORDS,
)
@settings(max_examples=50, deadline=None)
def test_a_filter_only_takes_away(search_of: Searching, filters: list[str], word: str) -> None:
    all_found, _ = search_of(word)
    found, _ = search_of(" ".join([word, *filters]))
    assert found <= all_found


@given(st.text(string.ascii_lowercase, min_size=1, max_size=8))
@settings(max_examples=50, deadline=None)
def test_what_is_excluded_is_the_rest(search_of: Searching, word: str) -> None:
    everything, _ = search_of("url:example")
    with_word, _ = search_of(f'"{word}"')
    without, _ = search_of(f'url:example -"{word}"')
    assert with_word | without == everything
    assert not with_word & without


@pytest.fixture(scope="module")
def on_all(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list["Searching"]]:
    """The same pages on each database."""
    if request.config.getoption("backend") != "both":
        pytest.skip("compares the databases")
    places = [new_place(name, tmp_path_factory.mktemp(name)) for name in BACKENDS]
    searches = [Searching(place) for place in places]
    yield searches
    for searching, place in zip(searches, places, strict=True):
        searching.close()
        place.remove()


@given(TEXTS)
@settings(max_examples=500, deadline=None)
def test_a_query_means_the_same_on_all_databases(on_all: list["Searching"], text: str) -> None:
    (one, total), (other, other_total) = (searching.hits(text) for searching in on_all)

    assert total == other_total
    assert ranks(one) == pytest.approx(ranks(other), rel=NEARLY)


def ranks(hits: tuple[SearchHit, ...]) -> dict[str, float]:
    return {name_of(hit): hit.score for hit in hits}


@pytest.mark.only("postgres", reason="index")
async def test_the_index_is_used_before_the_server_knows_how_large_the_table_is(
    store: Store, place: Place
) -> None:
    await save(store, *(Page(f"same/{n}", "Same", "all the same text") for n in range(300)))
    probe = '[{"term": 0, "query": "\'same 1\'", "occurrences": 1, "weight": 1, "bit": 0}]'
    page = {"mask": 0, "wanted": 0, "title_weight": 4, "limit": 10, "offset": 0}
    with connect(place.url) as connection, connection.transaction():
        connection.execute(statement("prefer_index").text)
        rows = connection.execute(
            b"EXPLAIN " + statement("search_words").text, {"probes": probe, "filters": "[]", **page}
        ).fetchall()

    plan = "\n".join(line for (line,) in rows)
    assert "Index Scan on document_texts_by_key" in plan
    assert "Seq Scan on document_texts" not in plan
