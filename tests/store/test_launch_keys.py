"""A launch key is good for one definition."""

import pytest

from quaero.models.errors import ConflictError
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
