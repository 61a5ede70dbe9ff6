"""Where each key of a TOML text stands: `tomllib` gives the values, this gives their lines.

The text must be valid TOML (that `tomllib` read it is proof enough); of any other some keys stay unknown.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Mapping
from contextlib import suppress

Path = tuple[str | int, ...]
"""The way to a value: names of keys and, in arrays, numbers from 0."""

# The four ways to write a text: many lines or one, with escapes or without.
TEXT_PATTERN = (
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}|"(?:[^"\\\n]|\\.)*"|'''
    r"""\'\'\'(?:[^']|'{1,2}(?!'))*'{3,5}|'[^'\n]*'"""
)

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_TEXT = re.compile(TEXT_PATTERN, re.DOTALL)
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")


def key_lines(text: str) -> Mapping[Path, int]:
    """The line (from 1) of each table, key and array entry; of a table that is opened twice, the first."""
    scanner = _Scanner(text)
    with suppress(_NotTomlError):
        scanner.document()
    return scanner.lines


def line_of(path: Path, lines: Mapping[Path, int]) -> int:
    """The line of `path`, or of the innermost table around it that has one; the file begins on line 1."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _NotTomlError(Exception):
    """The text is not TOML at this place."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._position = 0
        self._line_ends = [found.start() for found in re.finditer("\n", text)]
        self._last_entry: dict[Path, int] = {}  # of each array of tables

    def document(self) -> None:
        table: Path = ()
        self._blank()
        while self._position < len(self._text):
            if self._take("[["):
                table = self._array_header()
            elif self._take("["):
                table = self._header()
            else:
                self._pair(table)
            self._blank()

    def _header(self) -> Path:
        table = self._inside_last_entries(self._key(), self._position)
        self._demand("]")
        return table

    def _array_header(self) -> Path:
        at = self._position
        *outer, name = self._key()
        array = (*self._inside_last_entries(outer, at), name)
        self._demand("]]")
        self._last_entry[array] = self._last_entry.get(array, -1) + 1
        table = (*array, self._last_entry[array])
        self._note(array, at)
        self._note(table, at)
        return table

    def _inside_last_entries(self, names: list[str], at: int) -> Path:
        """`[steps.config]` belongs to the last `[[steps]]` before it."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            self._note(path, at)
            if path in self._last_entry:
                path = (*path, self._last_entry[path])
        return path

    def _pair(self, table: Path) -> None:
        at = self._position
        path = table
        for name in self._key():
            path = (*path, name)
            self._note(path, at)
        self._demand("=")
        self._value(path)

    def _key(self) -> list[str]:
        names = []
        while True:
            part = _KEY_PART.match(self._text, self._position)
            if part is None:
                raise _NotTomlError
            self._position = part.end()
            names.append(_name(part[1]))
            if not self._take("."):
                return names

    def _value(self, path: Path) -> None:
        self._blank()
        if self._take("["):
            self._array(path)
        elif self._take("{"):
            self._inline_table(path)
        else:
            found = _TEXT.match(self._text, self._position) or _BARE_VALUE.match(self._text, self._position)
            if found is None:
                raise _NotTomlError
            self._position = found.end()

    def _array(self, path: Path) -> None:
        number = 0
        self._blank()
        while not self._take("]"):
            self._note((*path, number), self._position)
            self._value((*path, number))
            number += 1
            self._separator("]")

    def _inline_table(self, path: Path) -> None:
        self._blank()
        while not self._take("}"):
            self._pair(path)
            self._separator("}")

    def _separator(self, closing: str) -> None:
        self._blank()
        if not self._take(",") and not self._text.startswith(closing, self._position):
            raise _NotTomlError
        self._blank()

    def _blank(self) -> None:
        found = _BLANK.match(self._text, self._position)
        if found:
            self._position = found.end()

    def _take(self, mark: str) -> bool:
        taken = self._text.startswith(mark, self._position)
        self._position += len(mark) if taken else 0
        return taken

    def _demand(self, mark: str) -> None:
        if not self._take(mark):
            raise _NotTomlError

    def _note(self, path: Path, position: int) -> None:
        self.lines.setdefault(path, bisect_left(self._line_ends, position) + 1)


def _name(part: str) -> str:
    if part[0] not in "\"'":
        return part
    name: str = next(iter(tomllib.loads(f"{part} = 0")))
    return name
