"""What a document was before its content changed: kept with the change, bounded, without a hole."""

import pytest

from quaero.models.errors import NotFoundError
from quaero.models.outcome import End, Settlement
from quaero.settings import RetentionSettings
from quaero.store.pruning import Pruned, prune, would_prune
from quaero.store.store import Store
from quaero.store.transitions.documents import MOST_VERSIONS
from quaero.testing import SettableClock
from tests.places import Place
from tests.store.tree import claim, document, launch, plan

pytestmark = pytest.mark.usefixtures("checked")
DAY_MS = 86_400_000
URL = "https://example.org/page"
YEAR = RetentionSettings(document_versions_ms=365 * DAY_MS)


async def collect(store: Store, text: str) -> int:
    """A run that finds the page with this text; its id."""
    run_id, parent = await launch(store)
    await plan(store, parent, "page")
    [job] = await claim(store)
    await store.settle(
        [Settlement(job.id, job.lease_number, End.COMPLETED, documents=(document("page", text),))]
    )
    await store.fold()
    return run_id


async def page_id(store: Store) -> int:
    return (await store.document_by_url(URL)).id


async def numbers(store: Store) -> list[int]:
    return [version.number for version in await store.document_versions(await page_id(store))]


async def test_what_a_document_was_is_kept_with_the_change(store: Store, clock: SettableClock) -> None:
    await collect(store, "first")
    since = clock.now_ms()
    clock.advance(DAY_MS)
    run_id = await collect(store, "second and longer")
    page = await page_id(store)

    now, before = await store.document_versions(page)
    assert (now.number, now.replaced_at, now.root_id, now.characters) == (2, None, None, 17)
    assert (before.number, before.root_id, before.characters, before.title) == (1, run_id, 5, "page")
    assert (before.at, before.replaced_at) == (since, now.at)
    assert (before.url, before.markdown) == (URL, None)
    assert (await store.document_version(page, 1)).markdown == "first"
    assert (await store.document_version(page, 2)).markdown == "second and longer"


async def test_a_document_that_did_not_change_has_no_version_more(store: Store) -> None:
    for text in ("same", "same", "same"):
        await collect(store, text)
    assert await numbers(store) == [1]


async def test_a_version_that_is_not_kept_is_not_found(store: Store) -> None:
    await collect(store, "text")
    page = await page_id(store)
    with pytest.raises(NotFoundError, match="no version 2 of document"):
        await store.document_version(page, 2)
    with pytest.raises(NotFoundError, match="no document 99"):
        await store.document_version(99, 1)
    with pytest.raises(NotFoundError, match="no document 99"):
        await store.document_versions(99)


async def test_the_last_versions_are_kept_and_keep_their_numbers(store: Store) -> None:
    for number in range(MOST_VERSIONS + 3):
        await collect(store, f"text {number}")
    assert await numbers(store) == list(range(MOST_VERSIONS + 3, 2, -1))
    assert (await store.document_version(await page_id(store), 3)).markdown == "text 2"


async def test_versions_go_with_their_document(store: Store) -> None:
    for text in ("first", "second"):
        await collect(store, text)
    page = await page_id(store)
    await store.delete_document(page)
    await collect(store, "third")
    assert await numbers(store) == [1]


async def test_old_versions_go_by_their_retention_whatever_the_clock_did(
    store: Store, clock: SettableClock
) -> None:
    for text in ("first", "second", "third"):
        await collect(store, text)
        clock.advance(-DAY_MS)
    clock.advance(300 * DAY_MS)
    await collect(store, "fourth")
    assert await would_prune(store, YEAR) == Pruned()
    clock.advance(100 * DAY_MS)

    assert await would_prune(store, YEAR) == Pruned(document_versions=2)
    assert await prune(store, YEAR) == Pruned(document_versions=2)

    assert await numbers(store) == [4, 3]
    assert await prune(store, RetentionSettings()) == Pruned()


@pytest.mark.parametrize("statement", ["keep_document_version", "drop_document_versions", "update_document"])
async def test_a_change_that_fails_in_between_leaves_the_document_and_its_versions_as_they_were(
    store: Store, place: Place, statement: str
) -> None:
    for number in range(MOST_VERSIONS + 1):
        await collect(store, f"text {number}")
    page = await page_id(store)
    before = await store.document(page), await store.document_versions(page)

    def fault(name: str) -> None:
        if name == statement:
            raise RuntimeError(name)

    broken = place.store(before_statement=fault)
    try:
        with pytest.raises(RuntimeError, match=statement):
            await collect(broken, "new text")
    finally:
        await broken.close()

    assert (await store.document(page), await store.document_versions(page)) == before
    await collect(store, "new text")
    assert (await numbers(store))[0] == before[1][0].number + 1
