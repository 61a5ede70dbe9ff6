"""The keys that a config model knows, and a line of TOML that shows how one of them is written."""

from collections.abc import Iterator, Mapping
from typing import Literal, TypeGuard, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from quaero.jobs.definitions.toml_lines import Path
from quaero.models.toml_writer import ConfigValue, toml_key, toml_value

_BY_TYPE: tuple[tuple[object, ConfigValue], ...] = (
    (bool, True),
    (int, 1),
    (float, 1.5),
    (str, "text"),
    (list, ["text"]),
    (tuple, ["text"]),
)


def fields_at(model: type[BaseModel], path: Path) -> Mapping[str, FieldInfo]:
    """The fields of the table at `path` inside `model`, by the names that a file uses.

    Empty where the path leads to no model: such a table takes any key.
    """
    models = [model]
    for part in path:
        if isinstance(part, str):
            models = [
                inner
                for outer in models
                for name, field in _named_fields(outer)
                if name == part
                for inner in _models_in(field.annotation)
            ]
    return {name: field for inner in models for name, field in _named_fields(inner)}


def example_line(model: type[BaseModel], path: Path) -> str | None:
    """How the key at `path` may be written: `key = value`, from its examples, its default or its type."""
    while path and not isinstance(path[-1], str):
        path = path[:-1]
    if not path:
        return None
    name = str(path[-1])
    field = fields_at(model, path[:-1]).get(name)
    value = None if field is None else _example_value(field)
    return None if value is None else f"{toml_key(name)} = {toml_value(value)}"


def _named_fields(model: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    for name, field in model.model_fields.items():
        yield field.alias or name, field


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _example_value(field: FieldInfo) -> ConfigValue | None:
    candidates = [*(field.examples or []), field.default]
    for candidate in candidates:
        if _is_config_value(candidate) and candidate not in ("", []):
            return candidate
    return _by_type(field.annotation)


def _by_type(annotation: object) -> ConfigValue | None:
    origin = get_origin(annotation) or annotation
    if origin is Literal:
        return next((choice for choice in get_args(annotation) if choice and isinstance(choice, str)), None)
    for kind, value in _BY_TYPE:
        if origin is kind:
            return value
    inner = (_by_type(argument) for argument in get_args(annotation))
    return next((example for example in inner if example is not None), None)


def _is_config_value(value: object) -> TypeGuard[ConfigValue]:
    if isinstance(value, list):
        return all(_is_config_value(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_config_value(item) for key, item in value.items())
    return isinstance(value, str | int | float)
