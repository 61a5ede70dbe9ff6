"""From the bytes of a definition file to plain values, within bounds that no file can overstep."""

import math
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, time

from quaero.jobs.definitions.toml_lines import TEXT_PATTERN, Path
from quaero.models.errors import DefinitionError
from quaero.models.toml_writer import ConfigValue

MAX_BYTES = 256 * 1024
MAX_NESTING = 32

_INT64 = range(-(2**63), 2**63)
_LINE_OF_ERROR = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_TOKEN = re.compile(rf"#[^\n]*|{TEXT_PATTERN}|[\[\]{{}}.,=\n]", re.DOTALL)
_IN_OUR_WORDS = (
    ("Illegal character '\\n'", "a text is not closed: its last quote is missing on this line"),
    ("Unterminated string", "a text is not closed: its last quote is missing"),
    ('Expected "\'"', "a text is not closed: its last quote is missing"),
    ("Invalid value", 'there is no valid value after "="; a text needs quotes'),
    ("Cannot overwrite a value", "a key is set a second time"),
    ("Cannot declare", "a table is opened a second time"),
    ("Unclosed array", 'a list is not closed: "]" is missing'),
    ("Unclosed inline table", 'a table is not closed: "}" is missing on this line'),
    ("Expected '=' after a key", 'there is no "=" after a key'),
    ("Expected newline or end of document", "there is more on the line than one key and its value"),
    ("Invalid statement", "this is neither a key, nor a [table], nor a comment"),
)


class TomlTextError(DefinitionError):
    """The text is no TOML, or more than is allowed. `at_line` counts from 1; None: the whole file."""

    def __init__(self, what: str, at_line: int | None = None) -> None:
        super().__init__(what)
        self.at_line = at_line


def decoded(text: bytes | str) -> str:
    """The text with its line ends as "\\n". Raises `TomlTextError` if it is too long or not UTF-8."""
    try:
        data = text.encode() if isinstance(text, str) else text
        if len(data) > MAX_BYTES:
            raise TomlTextError(f"the file has {len(data)} bytes; {MAX_BYTES} are allowed")
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeEncodeError as error:
        raise TomlTextError("the text holds half of a character pair, which UTF-8 cannot write") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        what = f"the file is not UTF-8 text (byte 0x{error.object[error.start]:02x}); save it as UTF-8"
        raise TomlTextError(what, line) from error


def parsed(text: str) -> dict[str, object]:
    """The values of a TOML text. Raises `TomlTextError` with the line and what is wrong there."""
    _check_nesting(text)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _error_in_our_words(str(error), text) from error
    except ValueError as error:  # a number of more digits than Python converts
        raise TomlTextError("a number has too many digits") from error


def plain(values: Mapping[str, object]) -> dict[str, ConfigValue]:
    """The same values with dates and times as ISO texts, so that both JSON and TOML can hold them all."""
    return {key: _plain_value(value) for key, value in values.items()}


def unstorable(value: ConfigValue, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """The values that TOML can write but a store cannot keep, each with the reason."""
    if isinstance(value, dict):
        for key, item in value.items():
            if "\0" in key:
                yield (*path, key), "a key cannot hold the character NUL"
            yield from unstorable(item, (*path, key))
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from unstorable(item, (*path, number))
    elif isinstance(value, str) and "\0" in value:
        yield path, "a text cannot hold the character NUL"
    elif isinstance(value, float) and not math.isfinite(value):
        yield path, f"expected a finite number, got {value}"
    elif isinstance(value, int) and value not in _INT64:
        yield path, "the number is too large"


def _plain_value(value: object) -> ConfigValue:
    match value:
        case dict():
            return plain(value)
        case list():
            return [_plain_value(item) for item in value]
        case date() | time():  # a datetime is a date too
            return value.isoformat()
        case str() | int() | float():
            return value
    raise TypeError(f"TOML has no {type(value).__name__}")


def _check_nesting(text: str) -> None:
    """Brackets and dotted keys only so deep: the parser's stack and its time grow with them."""
    depth = dots = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in ("[", "{"):
            depth += 1
        elif mark in ("]", "}"):
            depth = max(0, depth - 1)
        dots = dots + 1 if mark == "." else dots if mark[0] in "\"'" else 0
        if max(depth, dots) > MAX_NESTING:
            line = text.count("\n", 0, token.start()) + 1
            raise TomlTextError(f"more than {MAX_NESTING} levels inside each other", line)


def _error_in_our_words(error: str, text: str) -> TomlTextError:
    place = _LINE_OF_ERROR.search(error)
    what = error[: place.start()] if place else error
    message = next((ours for theirs, ours in _IN_OUR_WORDS if what.startswith(theirs)), what)
    if place and place[1]:
        return TomlTextError(f"not valid TOML: {message}", int(place[1]))
    return TomlTextError(f"not valid TOML: {message}", text.rstrip().count("\n") + 1)
