"""Runs that were launched together, and how runs came to be."""

import pytest

from quaero.models.definition import JobDefinition
from quaero.store.store import Store
from quaero.store.transitions.launch import Launch
from tests.kit import script_definition, script_step
from tests.store.tree import claim, launch, plan

pytestmark = pytest.mark.usefixtures("checked")


def definition(name: str) -> JobDefinition:
    return script_definition(script_step(), id=name)


async def names(store: Store, run_ids: tuple[int, ...]) -> list[str]:
    return [(await store.job(run_id)).type for run_id in run_ids]


async def test_runs_that_were_launched_together_are_told_in_the_order_in_which_they_run(store: Store) -> None:
    inner = Launch(definition("first"), before=(Launch(definition("very-first")),))
    whole = Launch(
        definition("main"),
        before=(inner, Launch(definition("second"))),
        after=(Launch(definition("last")),),
    )
    run_id = await store.launch(whole)
    together = await store.chain(run_id)
    assert await names(store, together) == ["very-first", "first", "second", "main", "last"]
    assert [await store.chain(each) for each in together] == [together] * 5


async def test_a_rerun_is_launched_alone(store: Store) -> None:
    first = await store.launch(definition("main"))
    again = await store.launch(definition("main"), launched_by="rerun", origin_id=first)
    assert (await store.chain(first), await store.chain(again)) == ((first,), (again,))
    assert await store.chain(99) == ()
    launches = await store.launches([first, again, 99])
    assert {run_id: (info.launched_by, info.origin_id) for run_id, info in launches.items()} == {
        first: ("person", None),
        again: ("rerun", first),
    }


async def test_a_deleted_run_is_no_longer_one_of_them(store: Store) -> None:
    run_id = await store.launch(Launch(definition("main"), after=(Launch(definition("last")),)))
    _, last = await store.chain(run_id)
    await store.cancel(run_id)
    await store.delete_run(run_id)
    assert await store.chain(last) == (last,)


async def test_the_pending_types_are_those_of_jobs_that_may_be_claimed(store: Store) -> None:
    run_id, parent = await launch(store)
    assert await store.pending_types(await store.launch(definition("other"))) == ("script",)
    assert await store.pending_types(run_id) == ()
    await plan(store, parent, "a", "b")
    assert await store.pending_types(run_id) == ("scripted",)
    await claim(store)
    assert await store.pending_types(run_id) == ()


async def test_a_paused_run_is_not_counted_as_open(store: Store) -> None:
    assert not await store.any_open_run()
    run_id = await store.launch(definition("main"))
    assert await store.any_open_run()
    await store.pause(run_id)
    assert not await store.any_open_run()
