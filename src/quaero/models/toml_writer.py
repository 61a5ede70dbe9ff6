"""Writes plain values as TOML. Reading the text back gives equal values."""

import json
import re
from collections.abc import Mapping
from typing import TypeAlias

ConfigValue: TypeAlias = str | int | float | bool | list["ConfigValue"] | dict[str, "ConfigValue"]
"""What both TOML and JSON can hold: no null, no dates."""

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_key(key: str) -> str:
    """A key as TOML wants it: bare where it can be, quoted otherwise."""
    return key if _BARE_KEY.fullmatch(key) else _text(key)


def toml_value(value: ConfigValue) -> str:
    """A value on one line; numbers must be finite."""
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    pairs = ", ".join(f"{toml_key(key)} = {toml_value(item)}" for key, item in value.items())
    return f"{{ {pairs} }}" if pairs else "{}"


def toml_pairs(values: Mapping[str, ConfigValue]) -> str:
    """`key = value` lines, each with its line end."""
    return "".join(f"{toml_key(key)} = {toml_value(value)}\n" for key, value in values.items())


def toml_table(path: str, values: Mapping[str, ConfigValue]) -> str:
    """A table under the header `[path]`; tables inside it become tables of their own, after its keys."""
    plain = {key: value for key, value in values.items() if not isinstance(value, dict)}
    text = f"[{path}]\n{toml_pairs(plain)}"
    for key, value in values.items():
        if isinstance(value, dict):
            text += toml_table(f"{path}.{toml_key(key)}", value)
    return text


def _text(value: str) -> str:
    # A JSON text is a TOML text, but for the one control character that only TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
