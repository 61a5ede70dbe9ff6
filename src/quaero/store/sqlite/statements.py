"""The statements of this backend, by name."""

from functools import cache

from quaero.store.statement_files import migration_texts, statement_text


@cache
def statement(name: str) -> str:
    """The text of a statement."""
    return statement_text(__package__, name)


@cache
def migrations() -> tuple[str, ...]:
    """The texts of the migrations, in order."""
    return migration_texts(__package__)
