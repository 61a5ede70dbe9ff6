"""The files of a dialect: its statements, one a file, the parts that several of them share, and its migrations."""

import re
from importlib.resources import files
from typing import Final

_PART: Final = re.compile(r"\{([a-z_]+)\}")


def statement_text(dialect: str, name: str) -> str:
    """The text of `queries/<name>.sql` of a package; `{part}` in it stands for the text of `parts/<part>.sql`."""
    folder = files(dialect)

    def part(found: re.Match[str]) -> str:
        return filled((folder / "parts" / f"{found[1]}.sql").read_text(encoding="utf-8").strip())

    def filled(text: str) -> str:
        return _PART.sub(part, text)

    return filled((folder / "queries" / f"{name}.sql").read_text(encoding="utf-8"))


def statement_names(dialect: str) -> set[str]:
    """The names of all statements of a package."""
    return {file.name.removesuffix(".sql") for file in (files(dialect) / "queries").iterdir()}


def migration_texts(dialect: str) -> tuple[str, ...]:
    """The texts of `migrations/NNNN_*.sql`, in order; the first one makes version 1."""
    folder = files(dialect) / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)
