"""Stored definitions: every change leaves a version, files do not overwrite edits, all or nothing."""

import asyncio
from dataclasses import replace

import pytest

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import ConflictError, NotFoundError, UsageError
from quaero.store.store import Store
from quaero.store.transaction import Change, Reader, Row, Transaction
from quaero.store.transitions.definitions import Kept, NewDefinition
from quaero.testing import SettableClock
from tests.places import Place
from tests.store.tree import claim

STEP = JobStep("step", "script", {"count": 1})


def definition(name: str = "docs", **keys: object) -> JobDefinition:
    return JobDefinition(name, name.title(), (STEP,), **keys)  # type: ignore[arg-type]


def new(written: JobDefinition, source: str | None = None, origin: str = "user") -> NewDefinition:
    return NewDefinition(written, written.to_toml() if source is None else source, origin)


async def changes(store: Store, name: str = "docs") -> list[tuple[int, str]]:
    return [(each.number, each.change) for each in await store.definition_versions(name)]


async def edit(store: Store, written: JobDefinition) -> Kept:
    """Edit what is stored, as a person does."""
    version = (await store.definition(written.id)).version
    return await store.edit_definition(new(written), version=version)


async def test_an_import_keeps_a_definition_with_its_text(store: Store, clock: SettableClock) -> None:
    written = definition(tags=("a",), enabled=False)
    assert await store.import_definitions([new(written, "# text")]) == (Kept("docs", "imported", 1),)
    stored = await store.definition("docs")
    assert (stored.definition, stored.source, stored.origin) == (written, "# text", "user")
    assert (stored.edited, stored.version) == (False, 1)
    assert stored.created_at == stored.updated_at == clock.now_ms()
    assert await store.definitions() == (stored,)


async def test_every_change_leaves_a_version(store: Store, clock: SettableClock) -> None:
    first, second = definition(), definition(description="better")
    await store.import_definitions([new(first)])
    clock.advance(1_000)
    await store.import_definitions([new(second)])
    await edit(store, replace(second, tags=("a",)))
    await store.switch_definition("docs", enabled=False)
    await store.switch_definition("docs", enabled=True)
    assert await store.check() == ()
    await store.delete_definition("docs")
    assert await store.check() == ()
    versions = await store.definition_versions("docs")
    assert [(each.number, each.change) for each in versions] == [
        (1, "imported"),
        (2, "imported"),
        (3, "edited"),
        (4, "disabled"),
        (5, "enabled"),
        (6, "deleted"),
    ]
    assert [each.definition for each in versions[:2]] == [first, second]
    assert (versions[0].source, versions[1].at - versions[0].at) == (first.to_toml(), 1_000)
    assert [each.definition.enabled for each in versions[2:]] == [True, False, True, True]
    assert await store.definition_versions("docs", 2) == versions[1:2]


async def test_numbers_go_on_when_an_id_is_used_again(store: Store) -> None:
    await store.import_definitions([new(definition())])
    await store.delete_definition("docs")
    assert await store.import_definitions([new(definition())]) == (Kept("docs", "imported", 3),)
    assert (await store.definition("docs")).version == 3


async def test_an_import_that_changes_nothing_leaves_no_version(store: Store, clock: SettableClock) -> None:
    await store.import_definitions([new(definition())])
    before = await store.definition("docs")
    clock.advance(1_000)
    announced: list[Change] = []
    store.on_change(announced.append)
    assert await store.import_definitions([new(definition())]) == (Kept("docs", None, 1),)
    assert await store.definition("docs") == before
    assert await changes(store) == [(1, "imported")]
    assert not any(change & Change.EVENTS for change in announced)


async def test_another_text_of_the_same_definition_is_a_version(store: Store) -> None:
    await store.import_definitions([new(definition(), "a")])
    assert await store.import_definitions([new(definition(), "b")]) == (Kept("docs", "imported", 2),)
    assert (await store.definition("docs")).source == "b"


async def test_a_value_of_another_type_is_a_change_though_python_calls_it_equal(store: Store) -> None:
    for value in (1, True):
        steps = (JobStep("step", "script", {"count": value}),)
        await store.import_definitions([new(replace(definition(), steps=steps), "same")])
    assert (await store.definition("docs")).definition.steps[0].config["count"] is True


async def test_a_file_does_not_overwrite_what_was_edited_in_the_store(store: Store) -> None:
    await store.import_definitions([new(definition())])
    edited = definition(description="by hand")
    assert await edit(store, edited) == Kept("docs", "edited", 2)
    for file in (definition(), definition(description="in the file")):
        with pytest.raises(ConflictError, match=r"^docs: edited in the store.*--replace"):
            await store.import_definitions([new(file)])
    assert (await store.definition("docs")).definition == edited
    assert (await store.definition("docs")).edited
    assert await changes(store) == [(1, "imported"), (2, "edited")]


async def test_asked_to_replace_an_import_overwrites_edits(store: Store) -> None:
    await store.import_definitions([new(definition())])
    await edit(store, definition(description="by hand"))
    assert await store.import_definitions([new(definition())], replace_edited=True) == (
        Kept("docs", "imported", 3),
    )
    assert not (await store.definition("docs")).edited


async def test_a_file_that_says_what_was_edited_is_no_conflict(store: Store) -> None:
    await store.import_definitions([new(definition())])
    await edit(store, definition(description="by hand"))
    await store.import_definitions([new(definition(description="by hand"), "another text")])
    assert not (await store.definition("docs")).edited


async def test_an_edit_that_is_taken_back_is_none(store: Store) -> None:
    await store.import_definitions([new(definition())])
    await store.switch_definition("docs", enabled=False)
    assert (await store.definition("docs")).edited
    await store.switch_definition("docs", enabled=True)
    assert not (await store.definition("docs")).edited


async def test_what_was_made_by_hand_is_not_overwritten_by_a_file(store: Store) -> None:
    assert await store.edit_definition(new(definition()), version=0) == Kept("docs", "created", 1)
    with pytest.raises(ConflictError, match="edited in the store"):
        await store.import_definitions([new(definition(description="in the file"))])


async def test_all_definitions_are_imported_or_none(store: Store) -> None:
    await store.import_definitions([new(definition("one"))])
    await edit(store, definition("one", description="by hand"))
    await store.import_definitions([new(definition("two"))])
    await edit(store, definition("two", description="by hand"))
    files = [new(definition(name)) for name in ("three", "one", "two")]
    with pytest.raises(ConflictError, match=r"^one, two: edited in the store"):
        await store.import_definitions(files)
    assert [each.definition.id for each in await store.definitions()] == ["one", "two"]
    with pytest.raises(NotFoundError, match="there is no definition 'three'"):
        await store.definition_versions("three")


async def test_an_edit_of_an_older_version_is_refused(store: Store) -> None:
    await store.import_definitions([new(definition())])
    await edit(store, definition(tags=("a",)))
    with pytest.raises(ConflictError, match="changed meanwhile: it is at version 2 now"):
        await store.edit_definition(new(definition(tags=("b",))), version=1)
    assert (await store.definition("docs")).definition.tags == ("a",)


async def test_of_two_edits_at_once_one_is_refused(store: Store, place: Place) -> None:
    await store.import_definitions([new(definition())])
    other = place.store()
    results = await asyncio.gather(
        store.edit_definition(new(definition(tags=("a",))), version=1),
        other.edit_definition(new(definition(tags=("b",))), version=1),
        return_exceptions=True,
    )
    await other.close()
    assert sorted(type(result).__name__ for result in results) == ["ConflictError", "Kept"]
    assert await changes(store) == [(1, "imported"), (2, "edited")]


async def test_an_edit_that_changes_nothing_leaves_no_version(store: Store) -> None:
    await store.import_definitions([new(definition())])
    assert await edit(store, definition()) == Kept("docs", None, 1)
    assert await store.switch_definition("docs", enabled=True) == Kept("docs", None, 1)
    assert await changes(store) == [(1, "imported")]


async def test_a_new_definition_needs_an_id_that_is_free(store: Store) -> None:
    await store.import_definitions([new(definition())])
    with pytest.raises(ConflictError, match="there is such a definition already"):
        await store.edit_definition(new(definition()), version=0)


async def test_a_definition_with_an_open_run_is_not_deleted(store: Store) -> None:
    await store.import_definitions([new(definition())])
    run_id = await store.launch(definition())
    with pytest.raises(ConflictError) as caught:
        await store.delete_definition("docs")
    assert caught.value.line() == (
        f"docs: run {run_id} of this definition has not ended. "
        f"Let it end (quaero jobs resume {run_id}) or cancel it (quaero jobs cancel {run_id})"
    )
    await store.cancel(run_id)
    await store.fold()
    await store.delete_definition("docs")
    with pytest.raises(NotFoundError):
        await store.definition("docs")
    assert (await store.run(run_id)).definition == definition()


async def test_what_is_not_there_is_not_found(store: Store) -> None:
    for question in (
        store.definition("docs"),
        store.delete_definition("docs"),
        store.switch_definition("docs", enabled=True),
        store.edit_definition(new(definition()), version=1),
        store.definition_versions("docs"),
    ):
        with pytest.raises(NotFoundError, match="there is no definition 'docs'"):
            await question
    await store.import_definitions([new(definition())])
    with pytest.raises(NotFoundError, match="there is no version 7 of definition 'docs'"):
        await store.definition_versions("docs", 7)


async def test_definitions_that_run_each_other_in_a_circle_are_refused(store: Store) -> None:
    await store.import_definitions(
        [new(definition("a", pre_jobs=("b",))), new(definition("c", pre_jobs=("a",)))]
    )
    circle = r"in a circle: b -> c -> a -> b\."
    closing = definition("b", post_jobs=("c",))
    with pytest.raises(ConflictError, match=circle):
        await store.import_definitions([new(closing)])
    with pytest.raises(ConflictError, match=circle):
        await store.edit_definition(new(closing), version=0)
    await store.import_definitions([new(definition("b"))])
    with pytest.raises(ConflictError, match=circle):
        await edit(store, closing)
    assert [each.definition.id for each in await store.definitions()] == ["a", "b", "c"]
    assert (await store.definition("b")).definition == definition("b")


async def test_a_circle_within_one_import_is_refused(store: Store) -> None:
    with pytest.raises(ConflictError, match="a -> b -> a"):
        await store.import_definitions(
            [new(definition("a", pre_jobs=("b",))), new(definition("b", post_jobs=("a",)))]
        )
    assert await store.definitions() == ()


async def test_a_definition_takes_its_schedule_along_when_it_is_deleted(store: Store) -> None:
    written = definition(schedule="0 3 * * *", timezone="UTC")
    await store.import_definitions([new(written)])
    await store.backend.write(_plan, "docs")
    assert len(await store.backend.read(_planned)) == 1
    await store.delete_definition("docs")
    assert await store.backend.read(_planned) == []
    assert await store.check() == ()


def _planned(reader: Reader) -> list[Row]:
    return reader.rows("list_schedules")


def _plan(tx: Transaction, definition_id: str) -> None:
    plan = {"cron": "0 3 * * *", "timezone": "UTC", "version": 1, "next_at": tx.now, "error": None}
    tx.rows("insert_schedule", definition_id=definition_id, **plan)


async def test_a_run_keeps_the_definition_that_it_was_launched_with(store: Store) -> None:
    await store.import_definitions([new(definition())])
    run_id = await store.launch((await store.definition("docs")).definition)
    await edit(store, definition(description="by hand"))
    [parent] = await claim(store, "script")
    assert parent.root_id == run_id
    assert (await store.run(run_id)).definition == definition()


async def test_a_variable_has_its_last_value(store: Store, clock: SettableClock) -> None:
    await store.set_variable("Wiki", "one")
    clock.advance(1_000)
    await store.set_variable("wiki", "two")
    found = await store.variable("WIKI")
    assert (found.name, found.value, found.updated_at) == ("wiki", "two", clock.now_ms())
    await store.set_variable("a", "")
    assert [(each.name, each.value) for each in await store.variables()] == [("a", ""), ("wiki", "two")]


async def test_a_variable_that_is_deleted_is_gone(store: Store) -> None:
    await store.set_variable("wiki", "one")
    await store.delete_variable("Wiki")
    assert await store.variables() == ()
    for question in (store.variable("wiki"), store.delete_variable("wiki")):
        with pytest.raises(NotFoundError, match="there is no variable 'wiki'"):
            await question


async def test_a_variable_with_an_impossible_name_is_not_kept(store: Store) -> None:
    with pytest.raises(UsageError, match="the name of a variable"):
        await store.set_variable("a b", "value")
    assert await store.variables() == ()
