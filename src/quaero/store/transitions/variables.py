"""Variables: what `{name}` stands for in the config of steps."""

from quaero.models.errors import NotFoundError
from quaero.models.placeholders import checked_name, checked_value
from quaero.store.transaction import Change, Transaction


def set_variable(tx: Transaction, name: str, value: str) -> None:
    """Give a variable a value, in place of an earlier one."""
    tx.rows("put_variable", name=checked_name(name), value=checked_value(name, value), now=tx.now)
    tx.touch(Change.EVENTS)


def delete_variable(tx: Transaction, name: str) -> None:
    if not tx.rows("delete_variable", name=name.lower()):
        raise unknown(name)
    tx.touch(Change.EVENTS)


def unknown(name: str) -> NotFoundError:
    return NotFoundError(f"there is no variable {name!r}", remedy="See: quaero variables list")
