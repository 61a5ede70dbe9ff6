"""The definitions that ship with the program; nobody can change or delete them."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from pydantic import BaseModel

from quaero.jobs.definitions.reader import read_definition
from quaero.store.reads import StoredDefinition


def system_definitions(managers: Mapping[str, type[BaseModel]]) -> dict[str, StoredDefinition]:
    """Them by id, without those whose kind of work is not installed."""
    found = {}
    for entry in sorted((files(__package__) / "shipped").iterdir(), key=lambda entry: entry.name):
        text = entry.read_text(encoding="utf-8")
        if not managers.keys() >= {step["action"] for step in tomllib.loads(text)["steps"]}:
            continue
        definition = read_definition(text, file=entry.name, managers=managers)
        found[definition.id] = StoredDefinition(definition, text, "system", 0, 0)
    return found
