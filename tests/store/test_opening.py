"""A store is opened and closed, and what was stored in it is there when it is opened again."""

import asyncio

import pytest

from quaero.models.errors import StoreError
from quaero.store.reads import JobFilter
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, plan, settlement

DEFINITION = script_definition(script_step())


async def test_what_was_stored_is_there_after_opening_again(place: Place) -> None:
    first = place.store()
    _, parent = await launch(first)
    await plan(first, parent, "page")
    [child] = await claim(first)
    await first.settle([settlement(child, stores="page")])
    await first.close()

    again = place.store()
    assert (await again.job(child.id)).state == "completed"
    assert (await again.document(1)).title == "page"
    assert await again.check() == ()
    await again.close()


async def test_a_closed_store_says_so(place: Place) -> None:
    store = place.store()
    await store.close()

    with pytest.raises(StoreError, match="closed"):
        await store.launch(DEFINITION)
    with pytest.raises(StoreError, match="closed"):
        await store.jobs(JobFilter())


async def test_what_was_asked_for_before_closing_is_done(place: Place) -> None:
    store = place.store()
    launching = [asyncio.create_task(store.launch(DEFINITION)) for _ in range(5)]
    await asyncio.sleep(0)
    await store.close()

    assert len({await each for each in launching}) == 5
