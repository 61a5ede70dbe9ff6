"""What pydantic found wrong, in our words: where, what was expected, what is there, what to write instead."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from quaero.jobs.config_types import CONFIG_PROBLEM
from quaero.jobs.definitions.config_examples import example_line, fields_at
from quaero.jobs.definitions.toml_lines import Path
from quaero.models.toml_writer import toml_key, toml_value

_EXPECTED = {
    "bool": "true or false",
    "date": 'a date like "2026-01-31"',
    "datetime": 'a time like "2026-01-31T12:00:00Z"',
    "dict": "a table",
    "float": "a number",
    "frozen_set": "a list",
    "int": "a whole number",
    "list": "a list",
    "model": "a table",
    "set": "a list",
    "string": "a text",
    "tuple": "a list",
}
_LIMITS = {
    "greater_than": ("must be more than", "gt"),
    "greater_than_equal": ("must be at least", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be at most", "le"),
    "too_short": ("the number of entries must be at least", "min_length"),
    "too_long": ("the number of entries must be at most", "max_length"),
    "string_too_short": ("the number of characters must be at least", "min_length"),
    "string_too_long": ("the number of characters must be at most", "max_length"),
}
_COUNTED = ("too_short", "too_long", "string_too_short", "string_too_long")
_MOST_KEYS_LISTED = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """A complaint that has its path but not yet its line. `example` is a line of TOML."""

    path: Path
    message: str
    nearest: str | None = None
    example: str | None = None


def findings(error: ValidationError, model: type[BaseModel], values: object, at: Path = ()) -> list[Finding]:
    """One finding for each key that `model` complains about; `at` is where `values` stand in the file."""
    by_path: dict[Path, list[ErrorDetails]] = {}
    for details in error.errors(include_url=False):
        by_path.setdefault(_path_in_file(details, values), []).append(details)
    return [_finding(path, group, model, at) for path, group in by_path.items()]


def nearest_to(name: str, known: Sequence[str]) -> str | None:
    """The known name that `name` is probably meant to be."""
    near = get_close_matches(name[:100], known, n=1, cutoff=0.6)
    return near[0] if near else None


def shown(value: object) -> str:
    """A value as a complaint shows it: what kind it is, and the value where it is short."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'the text "{value if len(value) <= 40 else value[:40] + "…"}"'
        case int() if value.bit_length() > 63:
            return "a very large number"  # Python refuses to write some of them
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list"
        case dict():
            return "a table"
    return "nothing"


def _path_in_file(details: ErrorDetails, values: object) -> Path:
    """The error's place without the parts that pydantic adds for the members of a union."""
    path: list[str | int] = []
    *outer, last = details["loc"] or ("",)
    for part in outer:
        if _holds(values, part):
            path.append(part)
            values = values[part]  # type: ignore[index]
    if details["type"] == "missing" or _holds(values, last):
        path.append(last)
    return tuple(path)


def _holds(values: object, part: str | int) -> bool:
    if isinstance(values, Mapping):
        return part in values
    return isinstance(values, Sequence) and isinstance(part, int) and part < len(values)


def _finding(path: Path, group: list[ErrorDetails], model: type[BaseModel], at: Path) -> Finding:
    first = group[0]
    example = example_line(model, path)
    if first["type"] == "extra_forbidden":
        return _unknown_key(path, model, at)
    if first["type"] == "missing":
        return Finding((*at, *path), "this key is required", example=example)
    for details in group:
        if details["type"] == CONFIG_PROBLEM:
            context = details["ctx"]
            return Finding(
                (*at, *path), context["message"], context["nearest"], context["example"] or example
            )
    choices = [choice for details in group for choice in _choices(details)]
    near = nearest_to(first["input"], choices) if isinstance(first["input"], str) else None
    if near is not None:
        example = f"{toml_key(str(path[-1]))} = {toml_value(near)}"
    return Finding((*at, *path), _message(group, choices), near, example)


def _unknown_key(path: Path, model: type[BaseModel], at: Path) -> Finding:
    known = list(fields_at(model, path[:-1]))
    near = nearest_to(str(path[-1]), known)
    if near is not None:
        example = example_line(model, (*path[:-1], near))
        return Finding((*at, *path), "unknown key", near, example)
    listed = ", ".join(known[:_MOST_KEYS_LISTED])
    return Finding((*at, *path), f"unknown key; known are: {listed}" if listed else "unknown key")


def _message(group: list[ErrorDetails], choices: list[str]) -> str:
    expected = [*_expectations(group)]
    if choices:
        expected.append(f"one of {', '.join(_quoted(choices))}")
    if expected:
        return f"expected {' or '.join(dict.fromkeys(expected))}, got {shown(group[0]['input'])}"
    return _single_message(group[0])


def _expectations(group: list[ErrorDetails]) -> Iterator[str]:
    for details in group:
        kind, _, _ = details["type"].partition("_")
        if details["type"].endswith(("_type", "_parsing", "_from_float")) and kind in _EXPECTED:
            yield _EXPECTED[kind]


def _choices(details: ErrorDetails) -> list[str]:
    if details["type"] not in ("literal_error", "enum"):
        return []
    return re.findall(r"'([^']*)'", str(details["ctx"]["expected"]))


def _quoted(choices: list[str]) -> list[str]:
    return [f'"{choice}"' for choice in dict.fromkeys(choices)]


def _single_message(details: ErrorDetails) -> str:
    kind = details["type"]
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        got = f"{len(details['input'])}" if kind in _COUNTED else shown(details["input"])
        return f"{words} {details['ctx'][key]}, got {got}"
    if kind in ("value_error", "assertion_error"):
        return str(details["ctx"]["error"])
    return details["msg"][:1].lower() + details["msg"][1:]
