"""Documents from the last changed on, and how many there are of each kind."""

from quaero.models.document import NewDocument, content_hash
from quaero.models.outcome import End, Settlement
from quaero.search.query import parse_query
from quaero.store.document_reads import DAY_MS, Facets, NewestPage
from quaero.store.reads import DocumentFilter
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import claim, launch, plan

ALL = DocumentFilter()


async def stored(store: Store, name: str, *, host: str = "a.org", source: str = "web", tag: str = "") -> int:
    """A run that finds a page which is about apples; its id."""
    definition = script_definition(script_step(), tags=(tag,) if tag else ())
    run_id, parent = await launch(store, definition)
    await plan(store, parent, name)
    [job] = await claim(store)
    url, text = f"https://{host}/{name}", f"an apple, {name}"
    page = NewDocument(source, url, url, name, text, content_hash(name, text), (tag,) if tag else ())
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents=(page,))])
    await store.fold()
    return run_id


def names(page: NewestPage) -> list[str]:
    return [document.title for document in page.items]


async def test_pages_from_the_last_changed_on_have_every_document_once(
    store: Store, clock: SettableClock
) -> None:
    for name in "abc":
        await stored(store, name)
    clock.advance(1)
    for name in "de":
        await stored(store, name)
    first = await store.newest_documents(ALL, limit=2)
    second = await store.newest_documents(ALL, limit=2, after=first.next)
    third = await store.newest_documents(ALL, limit=2, after=second.next)
    assert names(first) + names(second) + names(third) == ["e", "d", "c", "b", "a"]
    assert (first.total, third.next) == (5, None)


async def test_documents_are_filtered_by_host_and_run(store: Store) -> None:
    await stored(store, "a", host="a.org")
    run_id = await stored(store, "b", host="a.org:8080")
    await stored(store, "c", host="notes.a.org")
    for wanted, found in (
        (DocumentFilter(host="a.org"), ["a"]),
        (DocumentFilter(host="a.org:8080"), ["b"]),
        (DocumentFilter(root_id=run_id), ["b"]),
        (DocumentFilter(host="org"), []),
    ):
        page = await store.newest_documents(wanted)
        assert (names(page), page.total) == (found, len(found))
        assert [each.title for each in (await store.documents(wanted)).items] == found


async def test_facets_count_what_matches(store: Store, clock: SettableClock) -> None:
    await stored(store, "a", tag="red")
    clock.advance(10 * DAY_MS)
    await stored(store, "b", host="b.org", tag="red")
    clock.advance(2 * DAY_MS)
    await stored(store, "c", source="place", host="b.org")
    assert await store.document_facets(ALL) == Facets(
        {"web": 2, "place": 1}, {"red": 2}, {"b.org": 2, "a.org": 1}, {"day": 1, "week": 2, "month": 3}
    )
    recent = DocumentFilter(updated_after=clock.now_ms() - 7 * DAY_MS, source_type="web")
    assert await store.document_facets(recent) == Facets(
        {"web": 1}, {"red": 1}, {"b.org": 1}, {"day": 0, "week": 1, "month": 1}
    )
    assert names(await store.newest_documents(recent)) == ["b"]


async def test_facets_of_a_search_count_what_it_finds(store: Store) -> None:
    await stored(store, "pear", tag="red")
    await stored(store, "plum", host="b.org", tag="red")
    await stored(store, "nut", source="place", host="b.org")
    everything = Facets({"web": 2, "place": 1}, {"red": 2}, {"b.org": 2, "a.org": 1})
    for text, found in (
        ("apple", everything),
        ("+apple pear", everything),
        ('"an apple" -nut', Facets({"web": 2}, {"red": 2}, {"a.org": 1, "b.org": 1})),
        ("pl*", Facets({"web": 1}, {"red": 1}, {"b.org": 1})),
        ("title:nut OR title:pear", Facets({"place": 1, "web": 1}, {"red": 1}, {"a.org": 1, "b.org": 1})),
        ("apple tag:red url:b.org", Facets({"web": 1}, {"red": 1}, {"b.org": 1})),
        ("-nut -url:b.org", Facets({"web": 1}, {"red": 1}, {"a.org": 1})),
        ("quince", Facets({}, {}, {})),
        ("", Facets({}, {}, {})),
    ):
        query = parse_query(text)
        assert await store.search_facets(query) == found, text
        assert (await store.search(query))[1] == sum(found.source.values()), text


async def test_what_a_page_itself_puts_between_asterisks_is_not_taken_for_what_was_looked_for(
    store: Store,
) -> None:
    await stored(store, "**pear**")
    [[hit], _] = await store.search(parse_query("apple"))
    assert hit.pieces == (("an ", False), ("apple", True), (", **pear**", False))
    assert hit.snippet == "an **apple**, **pear**"
