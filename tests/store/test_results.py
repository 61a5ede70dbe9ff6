"""What agents found in documents: kept beside them, one for each agent, whatever becomes of the page."""

from quaero.models.document import NewResult, Result, content_hash, maker_of
from quaero.models.job import Job
from quaero.models.outcome import End, Settlement
from quaero.store.reads import DocumentFilter, Lacking
from quaero.store.store import Store
from tests.store.tree import claim, document, launch, plan, settlement

MAKER = maker_of("words", "1", "local", {"most": 3})


def found(
    document_id: int, *words: str, agent: str = "words", text: str = "text", name: str = "page"
) -> NewResult:
    return NewResult(
        document_id, agent, "1", "local", MAKER, content_hash(name, text), {"words": list(words)}
    )


def finding(job: Job, *results: NewResult) -> Settlement:
    return Settlement(job.id, job.lease_number, End.COMPLETED, results=results)


async def stored_page(store: Store, name: str = "page") -> int:
    """The id of a document that a run of its own has stored."""
    _, parent = await launch(store)
    await plan(store, parent, name)
    [child] = await claim(store)
    await store.settle([settlement(child, stores=name)])
    await store.fold()
    return (await store.document_by_url(f"https://example.org/{name}")).id


async def children_of_a_new_run(store: Store, *names: str) -> tuple[Job, ...]:
    _, parent = await launch(store)
    await plan(store, parent, *names)
    return await claim(store)


async def results(store: Store, document_id: int) -> tuple[Result, ...]:
    return (await store.document(document_id)).results


async def lacking(store: Store, run_id: int | None = None) -> list[str]:
    """The titles of documents without a result of `MAKER` for what they say now."""
    wanted = DocumentFilter(lacking=Lacking("words", MAKER, run_id))
    return [found.title for found in await store.matching_documents(wanted, limit=10)]


async def test_a_result_is_stored_with_the_end_of_its_job_and_counts_as_an_updated_document(
    store: Store,
) -> None:
    page = await stored_page(store)
    [job] = await children_of_a_new_run(store, "look")

    await store.settle([finding(job, found(page, "roses", "heap"))])

    [result] = await results(store, page)
    assert (result.agent, result.model, result.outdated) == ("words", "local", False)
    assert result.value == {"words": ["roses", "heap"]}
    assert job.parent_id is not None
    documents = (await store.progress(job.parent_id)).documents
    assert (documents.created, documents.updated, documents.unchanged) == (0, 1, 0)
    assert [event.type for event in await store.events(job.root_id)].count("document_updated") == 1
    assert await store.check() == ()


async def test_the_same_result_again_leaves_the_document_unchanged(store: Store) -> None:
    page = await stored_page(store)
    for _ in range(2):
        [job] = await children_of_a_new_run(store, "look")
        await store.settle([finding(job, found(page, "roses"))])

    assert job.parent_id is not None
    documents = (await store.progress(job.parent_id)).documents
    assert (documents.updated, documents.unchanged) == (0, 1)


async def test_each_agent_has_its_own_result(store: Store) -> None:
    page = await stored_page(store)
    [job] = await children_of_a_new_run(store, "look")

    await store.settle([finding(job, found(page, "roses"), found(page, "short", agent="summary"))])

    assert [result.agent for result in await results(store, page)] == ["summary", "words"]


async def test_a_new_copy_of_the_page_keeps_its_results_and_tells_that_they_are_old(store: Store) -> None:
    page = await stored_page(store)
    [job] = await children_of_a_new_run(store, "look")
    await store.settle([finding(job, found(page, "roses"))])
    [again] = await children_of_a_new_run(store, "page")

    new = document("page", "another text")
    await store.settle([Settlement(again.id, again.lease_number, End.COMPLETED, documents=(new,))])

    [result] = await results(store, page)
    assert result.outdated
    assert result.value == {"words": ["roses"]}


async def test_only_what_is_new_or_changed_lacks_a_result(store: Store) -> None:
    page, _ = await stored_page(store), await stored_page(store, "other")
    assert await lacking(store) == ["page", "other"]
    [job] = await children_of_a_new_run(store, "look")

    await store.settle([finding(job, found(page, "roses"))])

    assert await lacking(store) == ["other"]
    assert await lacking(store, run_id=job.root_id) == ["page", "other"]


async def test_a_result_for_a_document_that_is_gone_is_dropped(store: Store) -> None:
    page, other = await stored_page(store), await stored_page(store, "other")
    [job] = await children_of_a_new_run(store, "look")
    await store.delete_document(page)

    await store.settle([finding(job, found(page, "roses"), found(other, "heap", name="other"))])

    assert len(await results(store, other)) == 1
    assert await store.check() == ()


async def test_a_document_takes_its_results_with_it(store: Store) -> None:
    page = await stored_page(store)
    [job] = await children_of_a_new_run(store, "look")
    await store.settle([finding(job, found(page, "roses"))])

    await store.delete_document(page)

    assert await store.check() == ()
    assert (await store.documents(DocumentFilter())).total == 0


async def test_documents_are_chosen_by_all_of_their_tags_and_by_time(store: Store) -> None:
    page = await stored_page(store)
    stored = await store.document(page)

    async def chosen(**fields: object) -> int:
        return (await store.documents(DocumentFilter(**fields))).total  # type: ignore[arg-type]

    assert await chosen(tags=("none",)) == 0
    assert await chosen(tags=()) == 1
    assert await chosen(created_after=stored.created_at) == 1
    assert await chosen(created_after=stored.created_at + 1) == 0
    assert await chosen(updated_after=stored.updated_at + 1) == 0


def test_the_same_way_of_making_has_the_same_name_whatever_the_order_of_its_options() -> None:
    assert maker_of("a", "1", "m", {"x": 1, "y": 2}) == maker_of("a", "1", "m", {"y": 2, "x": 1})
    assert maker_of("a", "1", "m", {"x": 1}) != maker_of("a", "2", "m", {"x": 1})
