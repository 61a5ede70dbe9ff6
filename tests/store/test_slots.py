"""The limit on documents: slots are taken before the work and come back whenever it ends without a document."""

from quaero.models.job import StepLimits
from quaero.models.outcome import End
from quaero.store.store import Store
from tests.store.tree import children, claim, launch, plan, settlement


async def slots(store: Store, parent_id: int) -> int:
    return (await store.progress(parent_id)).slots


async def test_a_cancelled_child_gives_its_slot_to_one_that_waits(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "unwanted", "waits", limits=StepLimits(max_documents=1))
    [unwanted] = await claim(store)

    await store.cancel(unwanted.id)

    assert await children(store, run_id) == {"unwanted": "cancelled", "waits": "pending"}
    assert await slots(store, parent.id) == 1


async def test_a_cancelled_run_with_all_slots_taken_can_be_taken_up_again(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "a", "b", limits=StepLimits(max_documents=2))
    await store.cancel(run_id)

    await store.retry(run_id)

    assert await children(store, run_id) == {"a": "pending", "b": "pending"}
    assert await slots(store, parent.id) == 2


async def test_a_cancelled_child_that_is_tried_again_holds_one_slot(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "a", "b", limits=StepLimits(max_documents=5))
    [child, _] = await claim(store)
    await store.cancel(child.id)

    await store.retry(child.id)

    assert await slots(store, parent.id) == 2


async def test_a_child_with_two_documents_leaves_the_count_of_slots_right(store: Store) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "a", limits=StepLimits(max_documents=5))
    [child] = await claim(store)
    first, second = settlement(child, stores="one"), settlement(child, stores="two")
    both = type(first)(child.id, child.lease_number, End.COMPLETED, first.documents + second.documents)

    await store.settle([both])

    assert await store.check() == ()


async def test_a_failed_child_gives_its_slot_to_one_that_waits(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "fails", "waits", limits=StepLimits(max_documents=1))
    [child] = await claim(store)

    await store.settle([settlement(child, End.FAILED)])

    assert await children(store, run_id) == {"fails": "failed", "waits": "pending"}
    assert await slots(store, parent.id) == 1


async def test_a_child_that_is_tried_later_keeps_its_slot(store: Store) -> None:
    run_id, parent = await launch(store)
    await plan(store, parent, "shaky", "waits", limits=StepLimits(max_documents=1))
    [child] = await claim(store)

    await store.settle([settlement(child, End.RETRY)])

    assert await children(store, run_id) == {"shaky": "pending"}
    assert await slots(store, parent.id) == 1
