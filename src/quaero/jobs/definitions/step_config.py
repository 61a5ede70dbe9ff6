"""A step's config with its placeholders filled in, checked by the model of its manager.

What is wrong is said without the values of placeholders: they may be secrets.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError

from quaero.jobs.definitions.complaints import Finding, findings, nearest_to
from quaero.jobs.definitions.config_examples import example_line
from quaero.jobs.definitions.toml_lines import Path
from quaero.models.placeholders import Placeholder, Values, filled, is_placeholder, places, unknown_text
from quaero.models.toml_writer import ConfigValue

Config = Mapping[str, ConfigValue]
Places = Mapping[Path, tuple[Placeholder, ...]]

_WHOLE_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}")


class WrongConfig(ValueError):
    """A config does not fit. `findings` have their paths within it."""

    def __init__(self, found: Sequence[Finding]) -> None:
        self.findings = tuple(found)
        super().__init__("; ".join(_line(each) for each in found))


def read_config(model: type[BaseModel], config: Config, values: Values) -> Any:
    """The config as its model reads it. Raises `WrongConfig`; every placeholder must have a value.

    A text that is one placeholder and nothing else becomes a number or true or false where the model wants one.
    """
    written = dict(config)
    wanted = dict(places(written))
    given = _filled(written, values)
    try:
        return model.model_validate(given)
    except ValidationError as error:
        first = findings(error, model, given)
    typed = _typed(given, written, {found.path for found in first})
    try:
        return model.model_validate(typed)
    except ValidationError as error:
        raise WrongConfig([_masked(each, wanted, model) for each in findings(error, model, typed)]) from None


def config_findings(model: type[BaseModel], config: Config, values: Values) -> list[Finding]:
    """All that is wrong with a config when its definition is read.

    A variable must be known. The environment may be another one where the step runs: what hangs on a name that is
    not set here is left for then.
    """
    wanted = dict(places(dict(config)))
    unknown = unknown_variables(wanted, values)
    unclear = [path for path, found in wanted.items() if _without(found, values)]
    try:
        read_config(model, config, values)
    except WrongConfig as error:
        known = [each for each in error.findings if not _touches(each.path, unclear)]
        return [*unknown, *known]
    return unknown


def unknown_variables(wanted: Places, values: Values) -> list[Finding]:
    """A finding for each text with variables that nobody has set."""
    found = []
    for path, each in wanted.items():
        if unknown := [place for place in _without(each, values) if not place.of_environment]:
            near = nearest_to(unknown[0].name, sorted(values.variables))
            found.append(Finding(path, unknown_text(unknown), near))
    return found


def _without(found: Sequence[Placeholder], values: Values) -> list[Placeholder]:
    return [each for each in found if values.of(each) is None]


def _filled(config: dict[str, ConfigValue], values: Values) -> dict[str, ConfigValue]:
    return {key: filled(value, values) for key, value in config.items()}


def _typed(given: ConfigValue, written: ConfigValue, wrong: Collection[Path], path: Path = ()) -> Any:
    """The filled config, texts at wrong places that came from one placeholder alone as what they say."""
    if isinstance(given, dict) and isinstance(written, dict):
        return {key: _typed(given[key], written[key], wrong, (*path, key)) for key in given}
    if isinstance(given, list) and isinstance(written, list):
        pairs = zip(given, written, strict=True)
        return [_typed(*pair, wrong, (*path, number)) for number, pair in enumerate(pairs)]
    if path in wrong and isinstance(given, str) and isinstance(written, str) and is_placeholder(written):
        return _scalar(given)
    return given


def _scalar(text: str) -> ConfigValue:
    stripped = text.strip()
    if _WHOLE_NUMBER.fullmatch(stripped):
        return int(stripped)
    if _NUMBER.fullmatch(stripped):
        return float(stripped)
    return {"true": True, "false": False}.get(stripped, text)


def _masked(found: Finding, wanted: Places, model: type[BaseModel]) -> Finding:
    """The finding, or one that does not quote what a placeholder stands for."""
    touched = [each for path, group in wanted.items() if _touches(path, [found.path]) for each in group]
    if not touched:
        return found
    names = ", ".join(dict.fromkeys(map(str, touched)))
    what = f"does not fit with the value{'s' if len(set(touched)) > 1 else ''} of {names}"
    return Finding(found.path, what, example=example_line(model, found.path))


def _touches(path: Path, others: Collection[Path]) -> bool:
    """Whether one of the others is the same place, around it, or inside it."""
    return any(path[: len(other)] == other[: len(path)] for other in others)


def _line(found: Finding) -> str:
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in found.path)
    return f"{place.removeprefix('.')}: {found.message}" if place else found.message
