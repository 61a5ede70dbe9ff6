"""The statements of this backend, by name, in the form that the driver wants."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import msgspec

from quaero.store.statement_files import migration_texts, statement_text

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_COMMENT = re.compile(r"--.*")
_TELLING = ("SELECT", "WITH")
_CHANGING = re.compile(r"INSERT INTO|DELETE FROM|(?<!FOR )(?<!KEY )UPDATE")
_JSON = re.compile(r"(?<!:):([a-z_]+)::json\b")


class Statement(NamedTuple):
    """`of_rows`: it takes all mappings of parameters at once, as `rows`. `json`: what it reads as JSON.

    `tells`: it has rows to wait for. `changes`: it writes.
    """

    text: bytes
    of_rows: bool
    json: tuple[str, ...]
    tells: bool
    changes: bool

    def values(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """The parameters as the database can read them: text there holds no zero bytes."""
        spoiled = [name for name in self.json if "\\u0000" in (parameters[name] or "")]
        return (
            {**parameters, **{name: _without_zeros(parameters[name]) for name in spoiled}}
            if spoiled
            else parameters
        )


@cache
def statement(name: str) -> Statement:
    """The statement in `queries/<name>.sql`."""
    return of_text(statement_text(__package__, name))


def of_text(text: str) -> Statement:
    """The statement of that text, without its comments."""
    text = _COMMENT.sub("", text).strip().replace("%", "%%")
    json = tuple(sorted(set(_JSON.findall(text))))
    return Statement(
        text=_PARAMETER.sub(r"%(\1)s", text).encode(),
        of_rows="rows" in json,
        json=json,
        tells=text.startswith(_TELLING) or "RETURNING" in text,
        changes=_CHANGING.search(text) is not None,
    )


def _without_zeros(text: str) -> str:
    """JSON with its zero bytes replaced; a backslash that was meant as one stays."""

    def clean(value: Any) -> Any:
        match value:
            case str():
                return value.replace("\0", "\ufffd")
            case list():
                return [clean(each) for each in value]
            case dict():
                return {clean(key): clean(each) for key, each in value.items()}
        return value

    return msgspec.json.encode(clean(msgspec.json.decode(text))).decode()


@cache
def migrations() -> tuple[str, ...]:
    """The texts of the migrations, in order."""
    return migration_texts(__package__)
