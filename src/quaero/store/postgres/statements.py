"""The statements of this backend, one a file, by name, in the form that the driver wants."""

import re
from functools import cache
from importlib.resources import files
from typing import NamedTuple

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_COMMENT = re.compile(r"--.*")


class Statement(NamedTuple):
    """`of_rows`: it takes all mappings of parameters at once, as `rows`."""

    text: bytes
    of_rows: bool


@cache
def statement(name: str) -> Statement:
    """The statement in `queries/<name>.sql`, without its comments."""
    text = (files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")
    text = _COMMENT.sub("", text).strip().replace("%", "%%")
    return Statement(_PARAMETER.sub(r"%(\1)s", text).encode(), ":rows::" in text)


@cache
def migrations() -> tuple[str, ...]:
    """The texts of `migrations/NNNN_*.sql`, in order; the first one makes version 1."""
    folder = files(__package__) / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)
