"""Lists of jobs: filters, order, pages."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.job import ChildJob, Job, JobKind, JobState
from quaero.models.outcome import End
from quaero.store.reads import JobFilter
from quaero.store.statement_files import statement_text
from quaero.store.store import Store
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.store.tree import UNLIMITED, claim, launch, plan, settlement


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


async def failed_pages(store: Store, clock: SettableClock) -> None:
    """Three pages of two servers, created one second apart and done one after the other; the last one failed."""
    _, parent = await launch(store)
    await store.begin_plan(parent, UNLIMITED)
    for number, host in enumerate(("a.example", "a.example", "b.example")):
        clock.advance(1_000)
        child = ChildJob("scripted", f"Page {number}", {}, host=host)
        await store.add_planned(parent, [child], last=number == 2)
    for number, job in enumerate(await claim(store)):
        clock.advance(1_000)
        end = settlement(job, End.FAILED if number == 2 else End.COMPLETED)
        await store.settle([msgspec.structs.replace(end, error="It broke at 100%" if number == 2 else None)])


async def test_jobs_are_found_by_their_server_name_and_error(store: Store, clock: SettableClock) -> None:
    await failed_pages(store, clock)

    assert await names(store, JobFilter(host="a.example")) == ["Page 1", "Page 0"]
    assert await names(store, JobFilter(name_part="pAGE")) == ["Page 2", "Page 1", "Page 0"]
    assert await names(store, JobFilter(error_part="broke AT 100%")) == ["Page 2"]
    assert await names(store, JobFilter(error_part="%")) == ["Page 2"]
    assert await names(store, JobFilter(error_part="_")) == []
    assert await names(store, JobFilter(error_code="bad")) == ["Page 2"]


async def test_jobs_are_found_by_when_they_were_created_and_when_they_ended(
    store: Store, clock: SettableClock
) -> None:
    start = clock.now_ms()
    await failed_pages(store, clock)

    assert await names(store, JobFilter(created_before=start + 1_000)) == ["step", "Test"]
    assert await names(store, JobFilter(created_after=start + 1_000, created_before=start + 3_000)) == [
        "Page 1",
        "Page 0",
    ]
    assert await names(store, JobFilter(finished_before=start + 5_000)) == ["Page 0"]
    assert await names(store, JobFilter(finished_after=start + 5_000)) == ["Page 2", "Page 1"]


FILTERS = st.builds(
    JobFilter,
    root_id=st.sampled_from([None, None, 1, 8]),
    parent_id=st.sampled_from([None, None, 1, 2]),
    kind=st.none() | st.sampled_from(JobKind),
    states=st.none() | st.lists(st.sampled_from(JobState), min_size=1, max_size=4).map(tuple),
    type=st.sampled_from([None, "scripted", "script", "test"]),
    definition_id=st.sampled_from([None, None, "test", "other"]),
    name_part=st.sampled_from([None, None, "a", "ST"]),
    up_to=st.none() | st.integers(0, 12),
)


def matches(job: Job, wanted: JobFilter) -> bool:
    """What a filter means, said without a database. All runs here are of the definition "test"."""
    exact = {"root_id": job.root_id, "parent_id": job.parent_id, "kind": job.kind, "type": job.type}
    return (
        all(getattr(wanted, key) in (None, value) for key, value in exact.items())
        and (wanted.states is None or job.state in wanted.states)
        and wanted.definition_id in (None, "test")
        and (wanted.name_part or "").lower() in job.name.lower()
        and (wanted.up_to is None or job.id <= wanted.up_to)
    )


def in_scope(wanted: JobFilter, scope: str) -> JobFilter:
    """The filter, changed so that the statements of this scope answer it."""
    if scope == "jobs_below":
        return msgspec.structs.replace(wanted, root_id=wanted.root_id or 1)
    kind = JobKind.RUN if scope == "runs" else JobKind.CHILD if wanted.kind is JobKind.RUN else wanted.kind
    return msgspec.structs.replace(wanted, root_id=None, parent_id=None, kind=kind)


@pytest.mark.parametrize("scope", ["jobs", "runs", "jobs_below"])
async def test_lists_counts_and_selections_mean_the_same_by_a_filter(store: Store, scope: str) -> None:
    await two_runs(store)
    await store.launch(script_definition(script_step(), script_step("last")))
    everything = (await store.jobs(JobFilter(), limit=100)).items
    found: list[JobFilter] = []

    @given(FILTERS)
    def collect(wanted: JobFilter) -> None:
        found.append(wanted)

    collect()
    tried = [in_scope(wanted, scope) for wanted in found]
    assert {wanted.scope for wanted in tried} == {scope}
    for wanted in tried:
        expected = [job.id for job in everything if matches(job, wanted)]
        page = await store.jobs(wanted, limit=100)
        assert ([job.id for job in page.items], page.total) == (expected, len(expected))
        selected = await store.job_states(wanted)
        assert selected == [(job.id, job.state) for job in reversed(everything) if job.id in expected]
        assert (await store.preview(wanted)).total == len(expected)


async def test_a_selection_goes_on_after_an_id(store: Store) -> None:
    first, _ = await two_runs(store)
    wanted = JobFilter(root_id=first)

    assert await store.job_states(wanted, after=first + 1, limit=2) == [
        (first + 2, JobState.COMPLETED),
        (first + 3, JobState.COMPLETED),
    ]
    assert (await store.preview(wanted, limit=1)).newest_id == first + 9


STATEMENTS = [
    f"{verb}_{scope}" for verb in ("list", "count", "select") for scope in ("jobs", "runs", "jobs_below")
]


@pytest.mark.parametrize("backend", ["sqlite", "postgres"])
@pytest.mark.parametrize("name", STATEMENTS)
def test_every_statement_about_jobs_honours_every_field_of_a_filter(name: str, backend: str) -> None:
    statement = statement_text(f"quaero.store.{backend}", name)
    elsewhere = set() if name.endswith("below") else {"root_id", "parent_id"}
    missing = {field for field in JobFilter.__struct_fields__ if f":{field}" not in statement}
    assert missing == elsewhere
