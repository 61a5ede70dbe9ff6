"""Placeholders in the texts of a definition: `{name}` is a variable, `{env:NAME}` one of the environment.

`{{name}}` stands for the text `{name}`. All else between braces is itself: `{2,4}` and `\\p{Greek}` in a pattern.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from quaero.models.errors import UsageError
from quaero.models.toml_writer import ConfigValue

Path = tuple[str | int, ...]
"""The way to a value: names of keys and, in lists, numbers from 0."""

LONGEST_NAME = 100
LONGEST_VALUE = 10_000

_NAME = "[A-Za-z_][A-Za-z0-9_-]*"
_WITHIN = rf"(?:(?i:env):)?{_NAME}"
# The second kind is no placeholder behind a backslash with p, P or x: those are character classes of patterns.
_PLACE = re.compile(rf"\{{\{{(?P<text>{_WITHIN})\}}\}}|(?<!\\[pPx])\{{(?P<name>{_WITHIN})\}}")
_BARE = re.compile(rf"(?<!\\[pPx])\{{(?P<name>{_WITHIN})\}}")


@dataclass(frozen=True, slots=True)
class Placeholder:
    """What a text wants a value of. `name` of a variable is in small letters."""

    name: str
    of_environment: bool = False

    def __str__(self) -> str:
        return f"{{env:{self.name}}}" if self.of_environment else f"{{{self.name}}}"

    @classmethod
    def named(cls, within: str) -> "Placeholder":
        """By what stands between the braces."""
        prefix, colon, name = within.partition(":")
        return cls(name, True) if colon else cls(prefix.lower())


OUR_OWN = "QUAERO_"
"""How the names of our own settings begin: the password of the database is among them."""


@dataclass(frozen=True, slots=True)
class Values:
    """What placeholders stand for: variables by their names in small letters, and the environment."""

    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def of(self, placeholder: Placeholder) -> str | None:
        """The value; None where there is none, or where no definition may see it."""
        if placeholder.of_environment and placeholder.name.startswith(OUR_OWN):
            return None
        names = self.environment if placeholder.of_environment else self.variables
        return names.get(placeholder.name)


def placeholders(text: str) -> tuple[Placeholder, ...]:
    """Those in a text, each once, in its order."""
    found = (match["name"] for match in _PLACE.finditer(text))
    return tuple(dict.fromkeys(Placeholder.named(within) for within in found if within is not None))


def places(value: ConfigValue, path: Path = ()) -> Iterator[tuple[Path, tuple[Placeholder, ...]]]:
    """The texts in a value, at any depth, that hold placeholders. Keys are never filled in."""
    if isinstance(value, str):
        if found := placeholders(value):
            yield path, found
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from places(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from places(item, (*path, number))


def wanted_by(config: Mapping[str, ConfigValue]) -> tuple[Placeholder, ...]:
    """All placeholders in a config, each once."""
    return tuple(dict.fromkeys(each for _, found in places(dict(config)) for each in found))


def filled(value: ConfigValue, values: Values) -> ConfigValue:
    """The value with its placeholders replaced; one without a value stays as it is."""
    if isinstance(value, str):
        return _PLACE.sub(lambda match: _meaning(match, values), value)
    if isinstance(value, dict):
        return {key: filled(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, values) for item in value]
    return value


def is_placeholder(text: str) -> bool:
    """Whether the text is one placeholder and nothing else."""
    return _BARE.fullmatch(text) is not None


def literal(text: str) -> str:
    """The text written so that no part of it is a placeholder: `filled` gives the text again."""
    return _BARE.sub(lambda match: f"{{{match[0]}}}", text)


def unknown_text(unknown: Sequence[Placeholder]) -> str:
    """What is missing, and the command that sets it."""
    variables = [each for each in unknown if not each.of_environment]
    parts = [f"{each} is not set in the environment" for each in unknown if each.of_environment]
    if len(variables) == 1:
        set_it = f"set it with: quaero variables set {variables[0].name} VALUE"
        parts.append(f"unknown variable {variables[0]}; {set_it}")
    elif variables:
        names = ", ".join(map(str, variables))
        parts.append(f"unknown variables {names}; set them with: quaero variables set NAME VALUE")
    return "; ".join(parts)


def checked_name(name: str) -> str:
    """The name of a variable in small letters; `UsageError` for any other text."""
    if not re.fullmatch(_NAME, name) or len(name) > LONGEST_NAME:
        raise UsageError(
            "the name of a variable has letters, digits, _ and -, begins with a letter or _, "
            f"and has at most {LONGEST_NAME} characters",
            where=name[:LONGEST_NAME],
            remedy="Choose another",
        )
    return name.lower()


def checked_value(name: str, value: str) -> str:
    """The value of a variable; `UsageError` for one that is too long or that no store can keep."""
    if len(value) > LONGEST_VALUE:
        raise UsageError(f"the value has {len(value)} characters; {LONGEST_VALUE} are allowed", where=name)
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise UsageError("the value holds a character that cannot be stored", where=name)
    return value


def _meaning(match: "re.Match[str]", values: Values) -> str:
    if match["text"] is not None:
        return f"{{{match['text']}}}"
    value = values.of(Placeholder.named(match["name"]))
    return match[0] if value is None else value
