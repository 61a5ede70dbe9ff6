"""What must fit together in a definition: the steps with each other, with their managers, and the labels.

The checks take the values as the file has them, of any type, so that one wrong value hides no other.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel

from quaero.jobs.definitions.complaints import Finding, nearest_to
from quaero.jobs.definitions.config_examples import example_line, fields_at
from quaero.jobs.definitions.step_config import config_findings, unknown_variables
from quaero.jobs.definitions.tables import MAX_STEPS, DefinitionTable, StepTable
from quaero.jobs.definitions.toml_lines import Path
from quaero.jobs.definitions.values import base_url_problem
from quaero.models import placeholders
from quaero.models.toml_writer import ConfigValue, toml_value

Table = Mapping[str, ConfigValue]
Managers = Mapping[str, type[BaseModel]]

AUTH_LABELS = ("auth", "auth_id", "authentication")
_CRAWL = "crawl"


def misfits(data: Table, managers: Managers, values: placeholders.Values) -> Iterator[Finding]:
    """All that is wrong between the parts of a definition, whatever is wrong inside them."""
    yield from _other_credentials(data)
    yield from _wrong_order(data)
    yield from _wrong_base_url(data, values)
    steps = step_tables(data)
    names: list[str] = []
    for number, step in steps:
        yield from _name_taken(number, step, names)
        yield from _wrong_dependencies(number, step, names, [other.get("name") for _, other in steps])
        yield from _wrong_config(number, step, data, managers, values)
        names.append(str(step.get("name", "")))


def step_tables(data: Table) -> list[tuple[int, dict[str, ConfigValue]]]:
    """The steps that are tables, with their place in the file."""
    steps = data.get("steps")
    if not isinstance(steps, list):
        return []
    return [(number, step) for number, step in enumerate(steps[:MAX_STEPS]) if isinstance(step, dict)]


def with_misplaced_keys(found: Finding, data: Table, managers: Managers) -> Finding:
    """The finding, or a better one if the unknown key is a config key that stands outside of the config."""
    for model in _models_for(found.path, data, managers):
        key = str(found.path[-1])
        if key in fields_at(model, ()):
            return Finding(
                found.path, "this key belongs below [steps.config]", example=example_line(model, (key,))
            )
    return found


def _models_for(path: Path, data: Table, managers: Managers) -> Iterable[type[BaseModel]]:
    match path:
        case (str() as key,) if key not in DefinitionTable.model_fields:
            return managers.values()
        case ("steps", int() as number, str() as key) if key not in StepTable.model_fields:
            actions = [step.get("action") for place, step in step_tables(data) if place == number]
            return [managers[action] for action in actions if isinstance(action, str) and action in managers]
    return ()


def effective_config(step: Table, data: Table) -> dict[str, ConfigValue]:
    """The step's config; a crawl that names no start begins at the definition's `base_url`."""
    own = _own_config(step)
    base_url = data.get("base_url")
    if step.get("action") == _CRAWL and "start_urls" not in own and isinstance(base_url, str) and base_url:
        own["start_urls"] = [base_url]
    return own


def _own_config(step: Table) -> dict[str, ConfigValue]:
    config = step.get("config")
    return dict(config) if isinstance(config, dict) else {}


def _other_credentials(data: Table) -> Iterator[Finding]:
    used = {label: data[label] for label in AUTH_LABELS if data.get(label)}
    for label, value in list(used.items())[1:]:
        first = next(iter(used))
        if value != used[first]:
            message = f'names other credentials than "{first}"; keep one of the two'
            yield Finding((label,), message, example='auth = "intranet"')


def _wrong_order(data: Table) -> Iterator[Finding]:
    earlier: list[ConfigValue] = []
    for key in ("pre_jobs", "post_jobs"):
        named = data.get(key)
        for place, name in enumerate(named if isinstance(named, list) else ()):
            if name == data.get("id"):
                message = "a definition cannot run before or after itself"
                yield Finding((key, place), message, example=f"{key} = []")
            elif isinstance(name, str) and name in earlier:
                yield Finding((key, place), f'"{name}" is named twice; it runs once, before or after')
            earlier.append(name)


def _wrong_base_url(data: Table, values: placeholders.Values) -> Iterator[Finding]:
    base_url = data.get("base_url")
    if not isinstance(base_url, str) or not (wanted := placeholders.placeholders(base_url)):
        return  # without placeholders its own check has seen it
    unknown = unknown_variables({("base_url",): wanted}, values)
    yield from unknown
    complete = all(values.of(each) is not None for each in wanted)
    if complete and base_url_problem(str(placeholders.filled(base_url, values))):
        names = ", ".join(map(str, wanted))
        example = 'base_url = "https://docs.python.org/3/"'
        yield Finding(("base_url",), f"is no URL with the value of {names}", example=example)


def _name_taken(number: int, step: Table, earlier: Sequence[str]) -> Iterator[Finding]:
    name = step.get("name")
    if isinstance(name, str) and name in earlier:
        example = f"name = {toml_value(f'{name} {number + 1}')}"
        yield Finding(("steps", number, "name"), f'an earlier step is called "{name}"', example=example)


def _wrong_dependencies(
    number: int, step: Table, earlier: Sequence[str], everyone: Sequence[object]
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


def _wrong_config(
    number: int, step: Table, data: Table, managers: Managers, values: placeholders.Values
) -> Iterator[Finding]:
    action = step.get("action")
    if not isinstance(action, str):
        return
    model = managers.get(action)
    if model is None:
        yield _unknown_action(number, action, managers)
        return
    config = effective_config(step, data)
    filled_in = config.keys() - _own_config(step)  # from the base_url, about which all is said already
    base_url_is_wrong = any(_wrong_base_url(data, values))
    for found in config_findings(model, config, values):
        if not (base_url_is_wrong and found.path[:1] and found.path[0] in filled_in):
            yield replace(found, path=("steps", number, "config", *found.path))


def _unknown_action(number: int, action: str, managers: Managers) -> Finding:
    known = sorted(managers)
    near = nearest_to(action, known)
    listed = f"; known are: {', '.join(known)}" if known and near is None else ""
    example = f"action = {toml_value(near)}" if near else None
    return Finding(("steps", number, "action"), f'no manager serves "{action}"{listed}', near, example)
