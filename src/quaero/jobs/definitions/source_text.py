"""The text that a definition was read from, kept so that a person finds his own words and comments again."""

import re

from quaero.jobs.definitions.toml_lines import key_lines

_SWITCH = re.compile(r"(\s*enabled\s*=\s*)(true|false)")


def source_text(text: bytes) -> str:
    """The text of a file that was read as a definition."""
    return text.decode("utf-8-sig")


def with_switch(source: str, enabled: bool) -> str:
    """The text with its `enabled` set so. Only a guess: read it to see what it says."""
    lines, known = source.split("\n"), key_lines(source)
    value = "true" if enabled else "false"
    if place := known.get(("enabled",)):
        lines[place - 1] = _SWITCH.sub(rf"\g<1>{value}", lines[place - 1], count=1)
    else:
        lines.insert(known.get(("name",), 1), f"enabled = {value}")
    return "\n".join(lines)
