"""All definitions, the stored ones and those that ship with the program: reading, keeping, changing, ordering."""

import os
from collections.abc import Iterable, Sequence
from functools import cached_property

from quaero.jobs.definitions.reader import InvalidDefinition, read_definition
from quaero.jobs.definitions.source_text import source_text, with_switch
from quaero.jobs.definitions.system import system_definitions
from quaero.jobs.registry import Registry
from quaero.models.definition import Complaint, JobDefinition
from quaero.models.errors import ConflictError
from quaero.models.launch_order import launch_order, named_by
from quaero.models.placeholders import Values
from quaero.store.reads import DefinitionVersion, StoredDefinition
from quaero.store.store import Store
from quaero.store.transitions.definitions import Kept, NewDefinition
from quaero.store.transitions.launch import Launch


class Definitions:
    """Over one store and the installed managers. System definitions can be looked at and run, but not changed."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store, self._registry = store, registry

    @cached_property
    def _system(self) -> dict[str, StoredDefinition]:
        return system_definitions(self._registry.config_models)

    async def values(self) -> Values:
        """What placeholders stand for now and here."""
        variables = {each.name: each.value for each in await self._store.variables()}
        return Values(variables, os.environ)

    async def read(self, text: bytes | str, *, file: str) -> JobDefinition:
        return read_definition(
            text, file=file, managers=self._registry.config_models, values=await self.values()
        )

    async def read_all(self, texts: Sequence[tuple[str, bytes]]) -> list[NewDefinition]:
        """The definitions in files, given as (name, content); `InvalidDefinition` with the complaints of all."""
        read: list[NewDefinition] = []
        complaints: list[Complaint] = []
        file_of: dict[str, str] = {}
        for file, text in texts:
            try:
                definition = await self.read(text, file=file)
            except InvalidDefinition as error:
                complaints += error.complaints
                continue
            if definition.id in file_of:
                what = f'{file_of[definition.id]} has the id "{definition.id}" too; one of them is enough'
                complaints.append(Complaint(file, None, "id", what))
            file_of.setdefault(definition.id, file)
            read.append(NewDefinition(definition, source_text(text)))
        if complaints:
            raise InvalidDefinition(tuple(complaints))
        return read

    async def keep(self, new: Sequence[NewDefinition], *, replace_edited: bool) -> tuple[Kept, ...]:
        for each in new:
            self.check_changeable(each.definition.id, "Choose another id")
        return await self._store.import_definitions(new, replace_edited=replace_edited)

    async def create(self, text: str) -> Kept:
        definition = await self.read(text, file="")
        self.check_changeable(definition.id, "Choose another id")
        return await self._store.edit_definition(NewDefinition(definition, text), version=0)

    async def edit(self, text: str, *, definition_id: str, version: int) -> Kept:
        """Keep a text that was edited on top of a version of the definition; it must keep its id."""
        self.check_changeable(definition_id)
        definition = await self.read(text, file=definition_id)
        if definition.id != definition_id:
            what = f'the id must stay "{definition_id}"'
            raise InvalidDefinition((Complaint(definition_id, None, "id", what),))
        stored = await self._store.definition(definition_id)
        new = NewDefinition(definition, text, stored.origin)
        return await self._store.edit_definition(new, version=version)

    async def switch(self, definition_id: str, *, enabled: bool) -> Kept:
        self.check_changeable(definition_id, "It is always on")
        return await self._store.switch_definition(definition_id, enabled=enabled)

    async def delete(self, definition_id: str, *, version: int | None = None) -> None:
        self.check_changeable(definition_id, "It stays")
        await self._store.delete_definition(definition_id, version=version)

    async def one(self, definition_id: str) -> StoredDefinition:
        return self._system.get(definition_id) or await self._store.definition(definition_id)

    async def all(self, origin: str | None = None) -> tuple[StoredDefinition, ...]:
        """All definitions, or those of one origin, by id."""
        system = self._system.values() if origin in (None, "system") else ()
        found = (*system, *await self._store.definitions(origin))
        return tuple(sorted(found, key=lambda stored: stored.definition.id))

    async def history(self, definition_id: str, number: int | None = None) -> tuple[DefinitionVersion, ...]:
        """What it was after each change, oldest first, or in one version; nothing for a system definition."""
        if definition_id in self._system and number is None:
            return ()
        return await self._store.definition_versions(definition_id, number)

    async def text(self, stored: StoredDefinition) -> str:
        """The definition as TOML: as it was written, if that still says the same."""
        definition, source = stored.definition, stored.source
        for text in (source, with_switch(source, definition.enabled)):
            if await self._says(text, definition):
                return text
        return definition.to_toml()

    async def unknown_names(self, definitions: Iterable[JobDefinition]) -> list[tuple[str, str]]:
        """Which of the definitions, by id, names which id in pre_jobs or post_jobs that no definition has."""
        known = {each.definition.id for each in await self.all()}
        return [
            (definition.id, name)
            for definition in definitions
            for name in named_by(definition)
            if name not in known
        ]

    async def launch_tree(self, definition: JobDefinition) -> Launch:
        """The definition with all that run before and after it, each once; `ConflictError` if they cannot."""
        if not definition.enabled:
            raise ConflictError(
                "the definition is switched off",
                where=definition.id,
                remedy=f"Switch it on: quaero definitions enable {definition.id}, or enabled = true in its file",
            )
        if not named_by(definition):
            return Launch(definition)
        order = launch_order(definition, {each.definition.id: each.definition for each in await self.all()})
        return Launch(definition, tuple(map(Launch, order.before)), tuple(map(Launch, order.after)))

    async def _says(self, text: str, definition: JobDefinition) -> bool:
        try:
            return await self.read(text, file="") == definition
        except InvalidDefinition:
            return False

    def check_changeable(self, definition_id: str, remedy: str = "") -> None:
        """A conflict for the id of a system definition."""
        if definition_id in self._system:
            export = f"Export it and give it another id: quaero definitions export {definition_id}"
            raise ConflictError(
                "this id belongs to a system definition, which nobody can change",
                where=definition_id,
                remedy=remedy or export,
            )
