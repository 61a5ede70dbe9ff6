"""Stored credentials: sealed as they came, and wanted by the runs that name them."""

from typing import Any

import pytest

from quaero.models.credential import Credential, Header
from quaero.models.errors import ConflictError, NotFoundError
from quaero.models.job import JobState
from quaero.secrets.key import SecretKey
from quaero.secrets.sealed_credential import SealedCredential, open_credential, seal_credential
from quaero.store.store import Store
from quaero.store.transitions.launch import Launch
from quaero.testing import SettableClock
from tests.kit import script_definition, script_step
from tests.places import Place
from tests.store.tree import launch

KEY = SecretKey(bytes(range(32)))
VALUE = "nobody-may-see"
TABLES = (
    "credentials",
    "definitions",
    "definition_versions",
    "runs",
    "jobs",
    "events",
    "log_lines",
    "variables",
)


def sealed(name: str = "wiki", value: str = VALUE) -> SealedCredential:
    credential = Credential("bearer", ("https://wiki.example.org",), (Header("Authorization", value),))
    return seal_credential(KEY, name, credential)


async def test_they_come_back_as_they_were_put_in(store: Store, clock: SettableClock) -> None:
    new = sealed("Wïki of the house")
    await store.put_credential(new)
    found = await store.credential("Wïki of the house")
    assert (found.sealed, found.name) == (new, new.name)
    assert found.created_at == found.updated_at == clock.now_ms()
    assert open_credential(KEY, found.sealed).headers[0].value == VALUE


async def test_they_are_listed_by_name(store: Store) -> None:
    assert await store.credentials() == ()
    for name in ("b", "a", "B"):
        await store.put_credential(sealed(name))
    assert [each.name for each in await store.credentials()] == ["B", "a", "b"]


async def test_others_of_the_same_name_take_their_place_only_when_that_is_said(
    store: Store, clock: SettableClock
) -> None:
    first, second = sealed(), sealed(value="another")
    await store.put_credential(first)
    began = clock.now_ms()
    clock.advance(1_000)
    with pytest.raises(ConflictError, match=r"there are such credentials already.*--replace"):
        await store.put_credential(second)
    assert (await store.credential("wiki")).sealed == first

    await store.put_credential(second, replace=True)
    found = await store.credential("wiki")
    assert (found.sealed, found.created_at, found.updated_at) == (second, began, began + 1_000)
    await store.put_credential(sealed("new"), replace=True)
    assert len(await store.credentials()) == 2


async def test_what_is_deleted_is_gone(store: Store) -> None:
    await store.put_credential(sealed())
    await store.delete_credential("wiki")
    for missing in (store.credential("wiki"), store.delete_credential("wiki"), store.credential("Wiki")):
        with pytest.raises(NotFoundError, match="there are no credentials"):
            await missing


@pytest.mark.usefixtures("checked")
async def test_a_run_whose_definition_names_unknown_credentials_is_refused(store: Store) -> None:
    definition = script_definition(script_step(), auth="wiki")
    with pytest.raises(ConflictError, match=r'^test: there are no credentials "wiki", which auth names'):
        await store.launch(definition)
    assert await store.open_run("test") is None

    await store.put_credential(sealed())
    run_id, _ = await launch(store, definition)
    assert (await store.job(run_id)).state is JobState.RUNNING


@pytest.mark.usefixtures("checked")
async def test_credentials_of_a_run_before_or_after_are_wanted_too(store: Store) -> None:
    other = Launch(script_definition(script_step(), id="other", auth="wiki"))
    plain = script_definition(script_step())
    for whole in (Launch(plain, before=(other,)), Launch(plain, after=(other,))):
        with pytest.raises(ConflictError, match=r'^other: there are no credentials "wiki"'):
            await store.launch(whole)
        assert await store.open_run("test") is None


async def test_the_export_tells_whom_they_are_for_and_nothing_that_is_sealed(
    store: Store, clock: SettableClock
) -> None:
    new = sealed()
    await store.put_credential(new)
    exported: list[dict[str, Any]] = []
    await store.export(exported.append)
    [only] = exported
    assert only.keys() == {"kind", "name", "hosts", "credential_kind", "created_at", "updated_at"}
    assert (only["kind"], only["name"], only["hosts"]) == ("credential", "wiki", ["https://wiki.example.org"])
    assert new.sealed not in str(exported)


async def test_no_row_of_the_database_holds_a_value(store: Store, place: Place) -> None:
    await store.put_credential(sealed())
    await store.launch(script_definition(script_step(), auth="wiki"))
    found = str([place.rows(f"SELECT * FROM {table}") for table in TABLES])  # noqa: S608
    assert "wiki.example.org" in found
    assert VALUE not in found
