"""The JSON of definitions: as lists show them, whole, and what a change did to one."""

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from quaero.models.moment import iso_time

if TYPE_CHECKING:
    from quaero.store.reads import DefinitionVersion, StoredDefinition
    from quaero.store.transitions.definitions import Kept


class StepNameShape(TypedDict):
    """A step of a definition."""

    name: str
    action: str


class DefinitionShape(TypedDict):
    """A definition. `origin`: user, quick or system; `edited`: it is not what the last file said.

    `version` is the newest one; 0 for a system definition, which nobody can change.
    """

    id: str
    name: str
    description: str
    origin: str
    enabled: bool
    edited: bool
    version: int
    tags: list[str]
    schedule: str | None
    steps: list[StepNameShape]
    created_at: str | None
    updated_at: str | None


class DefinitionDetailsShape(DefinitionShape):
    """The same with all its values."""

    definition: dict[str, Any]


class DefinitionTextShape(DefinitionDetailsShape):
    """The same with the text of its file."""

    toml: str


class VersionShape(TypedDict):
    """A version of a definition. `change`: created, imported, edited, enabled, disabled or deleted."""

    version: int
    at: str | None
    change: str


class VersionDetailsShape(VersionShape):
    """What the definition was after the change."""

    definition: dict[str, Any]


class VersionTextShape(VersionDetailsShape):
    """The same with the text of its file."""

    toml: str


class KeptShape(TypedDict):
    """What was done to a definition; `change` null: it was so already. `version` is the newest one."""

    id: str
    change: str | None
    version: int


def definition_json(stored: "StoredDefinition") -> DefinitionShape:
    definition = stored.definition
    return {
        "id": definition.id,
        "name": definition.name,
        "description": definition.description,
        "origin": stored.origin,
        "enabled": definition.enabled,
        "edited": stored.edited,
        "version": stored.version,
        "tags": list(definition.tags),
        "schedule": definition.schedule,
        "steps": [{"name": step.name, "action": step.action} for step in definition.steps],
        "created_at": iso_time(stored.created_at or None),
        "updated_at": iso_time(stored.updated_at or None),
    }


def definition_details_json(stored: "StoredDefinition") -> DefinitionDetailsShape:
    return {**definition_json(stored), "definition": stored.definition.to_json()}


def version_json(version: "DefinitionVersion") -> VersionShape:
    return {"version": version.number, "at": iso_time(version.at), "change": version.change}


def version_details_json(version: "DefinitionVersion") -> VersionDetailsShape:
    return {**version_json(version), "definition": version.definition.to_json()}


def kept_json(kept: "Kept") -> KeptShape:
    return {"id": kept.definition_id, "change": kept.change, "version": kept.version}
