"""A launch key is good for one definition."""

from typing import Any

import pytest

from quaero.models.errors import ConflictError, UsageError
from quaero.models.job import JobKind
from quaero.store.reads import JobFilter
from quaero.store.store import Store
from tests.kit import script_definition, script_step

pytestmark = pytest.mark.usefixtures("checked")


async def test_a_known_key_does_not_give_the_run_of_another_definition(store: Store) -> None:
    run_id = await store.launch(script_definition(script_step(), id="one"), key="today")

    with pytest.raises(ConflictError, match=f"run {run_id}"):
        await store.launch(script_definition(script_step(), id="other"), key="today")
    assert (await store.jobs(JobFilter(kind=JobKind.RUN))).total == 1


@pytest.mark.parametrize(
    "options",
    [
        {"priority": 2**40},
        {"run_at": -1},
        {"run_at": 2**70},
        {"key": ""},
        {"key": "two\nlines"},
        {"key": "x" * 201},
        {"key": "half a \ud800"},
    ],
    ids=str,
)
async def test_a_launch_that_makes_no_sense_is_refused_and_nothing_is_changed(
    store: Store, options: dict[str, Any]
) -> None:
    with pytest.raises(UsageError):
        await store.launch(script_definition(script_step()), **options)
    assert (await store.jobs(JobFilter())).total == 0
