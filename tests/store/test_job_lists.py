"""Lists of jobs: filters, order, pages."""

import pytest

from quaero.models.job import Job, JobKind, JobState
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from tests.store.tree import claim, launch, plan, settlement


async def two_runs(store: Store) -> tuple[int, int]:
    """Two runs of one step; the first one's has five children, of which two are done."""
    first, parent = await launch(store)
    await plan(store, parent, *"abcde")
    for job in await claim(store, limit=2):
        await store.settle([settlement(job)])
    second, other = await launch(store)
    await plan(store, other, "x")
    return first, second


async def names(store: Store, wanted: JobFilter) -> list[str]:
    page = await store.jobs(wanted, limit=100)
    assert page.total == len(page.items)
    return [job.name for job in page.items]


async def test_every_field_of_a_filter_must_hold(store: Store) -> None:
    first, second = await two_runs(store)
    step = first + 1
    done = (JobState.COMPLETED,)

    assert await names(store, JobFilter(kind=JobKind.RUN)) == ["Test", "Test"]
    assert await names(store, JobFilter(root_id=second)) == ["x", "step", "Test"]
    assert await names(store, JobFilter(parent_id=step)) == ["e", "d", "c", "b", "a"]
    assert await names(store, JobFilter(parent_id=step, states=done)) == ["b", "a"]
    assert await names(store, JobFilter(root_id=first, kind=JobKind.PARENT)) == ["step"]
    assert await names(store, JobFilter(root_id=first, kind=JobKind.RUN)) == ["Test"]
    assert await names(store, JobFilter(type="scripted", states=done)) == ["b", "a"]
    assert await names(store, JobFilter(definition_id="other")) == []
    assert len(await names(store, JobFilter(definition_id="test"))) == 10


async def test_a_parent_that_is_not_in_the_run_has_no_jobs_there(store: Store) -> None:
    first, second = await two_runs(store)

    assert await names(store, JobFilter(root_id=second, parent_id=first + 1)) == []


@pytest.mark.parametrize("oldest_first", [False, True])
async def test_pages_of_a_list_are_parts_of_the_whole(store: Store, oldest_first: bool) -> None:
    first, _ = await two_runs(store)
    wanted = JobFilter(root_id=first)
    whole = (await store.jobs(wanted, limit=100, oldest_first=oldest_first)).items
    found: list[Job] = []
    cursor = None
    for _ in range(4):
        page = await store.jobs(wanted, limit=2, cursor=cursor, oldest_first=oldest_first)
        assert page.total == len(whole) == 7
        found += page.items
        cursor = page.next_cursor

    assert cursor is None
    assert tuple(found) == whole
    ids = [job.id for job in whole]
    assert ids == sorted(ids, reverse=not oldest_first)


async def test_all_jobs_can_only_be_listed_from_the_newest_on(store: Store) -> None:
    with pytest.raises(ValueError, match="of a run or of a parent"):
        await store.jobs(JobFilter(), oldest_first=True)
