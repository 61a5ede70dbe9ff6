"""The statements of this backend, one a file, by name."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of `queries/<name>.sql`."""
    return (files(__package__) / "queries" / f"{name}.sql").read_text(encoding="utf-8")


@cache
def migrations() -> tuple[str, ...]:
    """The texts of `migrations/NNNN_*.sql`, in order; the first one makes version 1."""
    folder = files(__package__) / "migrations"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in names)
