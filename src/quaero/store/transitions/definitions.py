"""Definitions as they are stored: every change leaves a version, and a file never overwrites what a person edited."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import msgspec

from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError, NotFoundError
from quaero.models.launch_order import check_no_circle, named_by
from quaero.store import reads
from quaero.store.rows import from_json, to_json
from quaero.store.transaction import Change, Transaction

DefinitionChange = Literal["created", "imported", "edited", "enabled", "disabled", "deleted"]


class NewDefinition(msgspec.Struct, frozen=True):
    """A definition to be kept, with the text that it was read from; `origin`: "user", or "quick" if from options."""

    definition: JobDefinition
    source: str
    origin: str = "user"


class Kept(msgspec.Struct, frozen=True):
    """What a change did to a definition; `change` None: it was so already. `version` is the newest one."""

    definition_id: str
    change: DefinitionChange | None
    version: int


def import_definitions(
    tx: Transaction, new: Sequence[NewDefinition], replace_edited: bool
) -> tuple[Kept, ...]:
    """Keep definitions from files under their ids. `replace_edited`: also over what was edited in the store."""
    tx.hold("definitions")
    if not replace_edited:
        _check_unedited(tx, new)
    kept = tuple(_import(tx, each) for each in new)
    _check_circles(tx, [each.definition for each in new])
    return kept


def edit_definition(tx: Transaction, new: NewDefinition, version: int) -> Kept:
    """Keep what a person wrote on top of the version that it was made from; 0: there must be none yet."""
    tx.hold("definitions")
    definition = new.definition
    if version == 0:
        if tx.rows("get_definition", id=definition.id):
            raise ConflictError(
                "there is such a definition already", where=definition.id, remedy="Edit that one"
            )
        kept = _write(tx, new, "created")
    else:
        stored = reads.definition(tx, definition.id)
        _require_version(stored, version)
        same = _same(stored.definition, definition) and stored.source == new.source
        kept = Kept(definition.id, None, version) if same else _write(tx, new, "edited")
    _check_circles(tx, [definition])
    return kept


def switch_definition(tx: Transaction, definition_id: str, enabled: bool) -> Kept:
    """Allow new runs of a definition, or refuse them."""
    tx.hold("definitions")
    stored = reads.definition(tx, definition_id)
    if stored.definition.enabled == enabled:
        return Kept(definition_id, None, stored.version)
    definition = replace(stored.definition, enabled=enabled)
    new = NewDefinition(definition, stored.source, stored.origin)
    return _write(tx, new, "enabled" if enabled else "disabled")


def delete_definition(tx: Transaction, definition_id: str, version: int | None = None) -> None:
    """Delete a definition without an open run. Its versions stay, and so do its runs and documents.

    `version`: only if it is at that one.
    """
    tx.hold("definitions", f"launch {definition_id}")
    if version is not None:
        _require_version(reads.definition(tx, definition_id), version)
    if open_runs := tx.rows("open_run_of_definition", definition_id=definition_id):
        run_id = open_runs[0][0]
        raise ConflictError(
            f"run {run_id} of this definition has not ended",
            where=definition_id,
            remedy=f"Let it end (quaero jobs resume {run_id}) or cancel it (quaero jobs cancel {run_id})",
        )
    deleted = tx.rows("delete_definition", id=definition_id)
    if not deleted:
        raise NotFoundError(
            f"there is no definition {definition_id!r}", remedy="See: quaero definitions list"
        )
    [(body, source)] = deleted
    _add_version(tx, definition_id, "deleted", body, source)
    tx.rows("delete_schedule", definition_id=definition_id)


def _require_version(stored: reads.StoredDefinition, version: int) -> None:
    if stored.version != version:
        raise ConflictError(
            f"the definition was changed meanwhile: it is at version {stored.version} now",
            where=stored.definition.id,
            remedy="Edit that one",
        )


def _check_unedited(tx: Transaction, new: Sequence[NewDefinition]) -> None:
    edited = []
    for each in new:
        for body, *_, is_edited, _ in tx.rows("get_definition", id=each.definition.id):
            if is_edited and not _same(JobDefinition.from_json(from_json(body)), each.definition):
                edited.append(each.definition.id)
    if edited:
        raise ConflictError(
            "edited in the store, and the file says something else",
            where=", ".join(edited),
            remedy=f"Overwrite it: quaero definitions import FILE --replace; "
            f"or run what is stored: quaero run {edited[0]}",
        )


def _import(tx: Transaction, new: NewDefinition) -> Kept:
    for row in tx.rows("get_definition", id=new.definition.id):
        body, source, origin, *_, version = row
        same = _same(JobDefinition.from_json(from_json(body)), new.definition)
        if same and (source, origin) == (new.source, new.origin):
            return Kept(new.definition.id, None, version)
    return _write(tx, new, "imported")


def _write(tx: Transaction, new: NewDefinition, change: DefinitionChange) -> Kept:
    definition, body = new.definition, to_json(new.definition.to_json())
    imported = tx.rows("last_imported_body", definition_id=definition.id)
    version = _add_version(tx, definition.id, change, body, new.source)
    tx.rows(
        "put_definition",
        id=definition.id,
        body=body,
        source=new.source,
        origin=new.origin,
        enabled=int(definition.enabled),
        edited=int(change != "imported" and imported != [(body,)]),
        version=version,
        now=tx.now,
    )
    return Kept(definition.id, change, version)


def _add_version(
    tx: Transaction, definition_id: str, change: DefinitionChange, body: str, source: str
) -> int:
    [(number,)] = tx.rows(
        "add_definition_version",
        definition_id=definition_id,
        change=change,
        body=body,
        source=source,
        now=tx.now,
    )
    tx.touch(Change.EVENTS)
    return int(number)


def _same(one: JobDefinition, other: JobDefinition) -> bool:
    # As they are written: for Python 1 and true are equal, for a config they are not.
    return to_json(one.to_json()) == to_json(other.to_json())


def _check_circles(tx: Transaction, definitions: Sequence[JobDefinition]) -> None:
    """No definition runs itself by way of others. Ids that nobody has are left to the launch."""
    if not any(named_by(definition) for definition in definitions):
        return
    links = {
        definition_id: (*from_json(before), *from_json(after))
        for definition_id, before, after in tx.rows("definition_links")
    }
    for definition in definitions:
        check_no_circle(definition.id, lambda each: links.get(each, ()))
