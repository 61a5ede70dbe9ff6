"""Rows that another program has spoiled: they are noticed, and stop nothing else."""

import pytest

from quaero.models.errors import QuaeroError
from quaero.store.store import Store
from quaero.store.transitions.definitions import NewDefinition
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import claim, launch, plan


async def test_a_job_whose_config_cannot_be_read_is_noticed_and_holds_up_no_other(
    store: Store, place: Place
) -> None:
    _, parent = await launch(store)
    await plan(store, parent, "spoiled", "fine")
    spoiled = place.spoil("UPDATE jobs SET config = '{' WHERE name = 'spoiled'")

    assert "fine" in {job.name for job in await claim(store)}
    assert not spoiled or await store.check() != ()


@pytest.mark.parametrize("body", ["{", "{}"])
async def test_a_definition_that_cannot_be_read_is_noticed_and_hides_no_other(
    store: Store, place: Place, body: str
) -> None:
    for name in ("spoiled", "fine"):
        definition = script_definition(script_step(), id=name)
        await store.import_definitions([NewDefinition(definition, definition.to_toml())])
    spoiled = place.spoil(f"UPDATE definitions SET body = '{body}' WHERE id = 'spoiled'")  # noqa: S608

    assert "fine" in {each.definition.id for each in await store.definitions()}
    if spoiled:
        with pytest.raises(QuaeroError):
            await store.definition("spoiled")
        assert await store.check() != ()
