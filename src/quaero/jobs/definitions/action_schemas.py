"""What a step of each action may be given, as JSON Schema: for forms, and for programs that write definitions."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from quaero.models.duration import format_duration


class ActionSchema(NamedTuple):
    """An action, what it does in a line or more, and the schema of the table `[steps.config]`."""

    action: str
    description: str
    schema: dict[str, Any]


def action_schemas(managers: Mapping[str, type[BaseModel]]) -> list[ActionSchema]:
    """One for each installed action, by name."""
    return [_schema(action, model) for action, model in sorted(managers.items())]


def _schema(action: str, model: type[BaseModel]) -> ActionSchema:
    schema = _with_written_durations(model.model_json_schema())
    return ActionSchema(action, schema.get("description", ""), schema)


def _with_written_durations(value: Any) -> Any:
    """Defaults of durations as a file has them: the models keep milliseconds."""
    if isinstance(value, list):
        return [_with_written_durations(item) for item in value]
    if not isinstance(value, dict):
        return value
    default = value.get("default")
    if isinstance(default, int) and _is_duration(value):
        value = value | {"default": format_duration(default)}
    return {key: _with_written_durations(item) for key, item in value.items()}


def _is_duration(schema: Mapping[str, Any]) -> bool:
    kinds = [schema, *schema.get("anyOf", ())]
    return any(isinstance(kind, dict) and kind.get("format") == "duration" for kind in kinds)
