"""What must fit together in a definition: the steps with each other, with their managers, and the labels.

The checks take the values as the file has them, of any type, so that one wrong value hides no other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel, ValidationError

from quaero.jobs.definitions.complaints import Finding, findings, nearest_to
from quaero.jobs.definitions.config_examples import example_line, fields_at
from quaero.jobs.definitions.tables import MAX_STEPS, DefinitionTable, StepTable
from quaero.jobs.definitions.toml_lines import Path
from quaero.models.toml_writer import ConfigValue, toml_value

Values = Mapping[str, ConfigValue]
Managers = Mapping[str, type[BaseModel]]

AUTH_LABELS = ("auth", "auth_id", "authentication")
_CRAWL = "crawl"


def misfits(data: Values, managers: Managers) -> Iterator[Finding]:
    """All that is wrong between the parts of a definition, whatever is wrong inside them."""
    yield from _other_credentials(data)
    yield from _itself_before_or_after(data)
    steps = step_tables(data)
    names: list[str] = []
    for number, step in steps:
        yield from _name_taken(number, step, names)
        yield from _wrong_dependencies(number, step, names, [other.get("name") for _, other in steps])
        yield from _wrong_config(number, step, data, managers)
        names.append(str(step.get("name", "")))


def step_tables(data: Values) -> list[tuple[int, dict[str, ConfigValue]]]:
    """The steps that are tables, with their place in the file."""
    steps = data.get("steps")
    if not isinstance(steps, list):
        return []
    return [(number, step) for number, step in enumerate(steps[:MAX_STEPS]) if isinstance(step, dict)]


def with_misplaced_keys(found: Finding, data: Values, managers: Managers) -> Finding:
    """The finding, or a better one if the unknown key is a config key that stands outside of the config."""
    for model in _models_for(found.path, data, managers):
        key = str(found.path[-1])
        if key in fields_at(model, ()):
            return Finding(
                found.path, "this key belongs below [steps.config]", example=example_line(model, (key,))
            )
    return found


def _models_for(path: Path, data: Values, managers: Managers) -> Iterable[type[BaseModel]]:
    match path:
        case (str() as key,) if key not in DefinitionTable.model_fields:
            return managers.values()
        case ("steps", int() as number, str() as key) if key not in StepTable.model_fields:
            actions = [step.get("action") for place, step in step_tables(data) if place == number]
            return [managers[action] for action in actions if isinstance(action, str) and action in managers]
    return ()


def effective_config(step: Values, data: Values) -> dict[str, ConfigValue]:
    """The step's config; a crawl that names no start begins at the definition's `base_url`."""
    config = step.get("config")
    own = dict(config) if isinstance(config, dict) else {}
    base_url = data.get("base_url")
    if step.get("action") == _CRAWL and "start_urls" not in own and isinstance(base_url, str) and base_url:
        own["start_urls"] = [base_url]
    return own


def _other_credentials(data: Values) -> Iterator[Finding]:
    used = {label: data[label] for label in AUTH_LABELS if data.get(label)}
    for label, value in list(used.items())[1:]:
        first = next(iter(used))
        if value != used[first]:
            message = f'names other credentials than "{first}"; keep one of the two'
            yield Finding((label,), message, example='auth = "intranet"')


def _itself_before_or_after(data: Values) -> Iterator[Finding]:
    for key in ("pre_jobs", "post_jobs"):
        named = data.get(key)
        if isinstance(named, list) and data.get("id") in named:
            place = (key, named.index(data["id"]))
            yield Finding(place, "a definition cannot run before or after itself", example=f"{key} = []")


def _name_taken(number: int, step: Values, earlier: Sequence[str]) -> Iterator[Finding]:
    name = step.get("name")
    if isinstance(name, str) and name in earlier:
        example = f"name = {toml_value(f'{name} {number + 1}')}"
        yield Finding(("steps", number, "name"), f'an earlier step is called "{name}"', example=example)


def _wrong_dependencies(
    number: int, step: Values, earlier: Sequence[str], everyone: Sequence[object]
) -> Iterator[Finding]:
    depends = step.get("depends")
    if not isinstance(depends, list):
        return
    for place, name in enumerate(depends):
        if not isinstance(name, str) or (name in earlier and name not in depends[:place]):
            continue
        near = nearest_to(name, earlier)
        if name in depends[:place]:
            message = f'"{name}" is named twice'
        elif name == step.get("name"):
            message = "a step cannot depend on itself"
        elif name in everyone:
            message = f'"{name}" is a later step; a step depends on earlier ones'
        else:
            message = f'no step before this one is called "{name}"'
        example = f"depends = {toml_value([near] if near else [*earlier[-1:]])}"
        yield Finding(("steps", number, "depends", place), message, near if near != name else None, example)


def _wrong_config(number: int, step: Values, data: Values, managers: Managers) -> Iterator[Finding]:
    action = step.get("action")
    if not isinstance(action, str):
        return
    model = managers.get(action)
    if model is None:
        yield _unknown_action(number, action, managers)
        return
    config = effective_config(step, data)
    at = ("steps", number, "config")
    try:
        model.model_validate(config)
    except ValidationError as error:
        yield from findings(error, model, config, at)


def _unknown_action(number: int, action: str, managers: Managers) -> Finding:
    known = sorted(managers)
    near = nearest_to(action, known)
    listed = f"; known are: {', '.join(known)}" if known and near is None else ""
    example = f"action = {toml_value(near)}" if near else None
    return Finding(("steps", number, "action"), f'no manager serves "{action}"{listed}', near, example)
