"""A new index beside the old one: in whatever order it is filled, it ends up with every document as it is."""

import asyncio
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.models.errors import NotFoundError
from quaero.models.outcome import End, Settlement
from quaero.search.query import parse_query
from quaero.store.index_state import IndexState
from quaero.store.reads import DocumentFilter
from quaero.store.store import Store
from tests.places import Place, SqlitePlace
from tests.store import tree

NAMES = "abcdefgh"
STEPS = st.one_of(
    st.tuples(st.just("save"), st.sampled_from(NAMES), st.sampled_from(["red", "blue"])),
    st.tuples(st.just("delete"), st.integers(1, 8), st.none()),
    st.tuples(st.just("index"), st.integers(0, 8), st.integers(1, 9)),
    st.tuples(st.sampled_from(["begin", "finish", "tidy"]), st.none(), st.none()),
)


async def save(store: Store, name: str, text: str) -> None:
    _, parent = await tree.launch(store)
    await tree.plan(store, parent, name)
    [job] = await tree.claim(store)
    documents = (tree.document(name, f"{text} {name}"),)
    await store.settle([Settlement(job.id, job.lease_number, End.COMPLETED, documents=documents)])
    await store.fold()


async def do(store: Store, what: str, first: object, second: object) -> None:
    match what, first, second:
        case "save", str(name), str(text):
            await save(store, name, text)
        case "delete", int(number), None:
            with suppress(NotFoundError):
                await store.delete_document(number)
        case "index", int(after), int(up_to):
            await store.index_documents(after, up_to)
        case "begin", _, _:
            await store.begin_index()
        case "finish", _, _:
            await store.finish_index()
        case _:
            await store.backend.tidy_index()


async def is_sound(store: Store) -> None:
    documents = [
        await store.document(each.id) for each in (await store.documents(DocumentFilter(), limit=100)).items
    ]
    assert await store.check() == ()
    assert await store.index_state() == IndexState(len(documents), 0, 0)
    for colour in ("red", "blue"):
        hits, _ = await store.search(parse_query(colour), limit=100)
        expected = {each.title for each in documents if colour in (each.markdown or "")}
        assert {hit.document.title for hit in hits} == expected


@pytest.mark.only("sqlite", reason="index")
@settings(max_examples=25, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_whatever_happens_while_an_index_is_built_both_are_right(
    steps: list[tuple[str, object, object]],
) -> None:
    async def story(folder: str) -> None:
        store = SqlitePlace(Path(folder) / "test.db").store()
        for what, first, second in steps:
            await do(store, what, first, second)
        await is_sound(store)
        await store.finish_index()
        await is_sound(store)
        await store.close()

    with TemporaryDirectory() as folder:
        asyncio.run(story(folder))


async def test_ranges_of_documents_are_found_one_after_the_other(place: Place) -> None:
    store = place.store()
    for name in NAMES[:5]:
        await save(store, name, "red")

    assert await store.next_documents(0, 2) == (1, 2)
    assert await store.next_documents(2, 10) == (3, 5)
    assert await store.next_documents(5, 10) is None
    await store.close()
