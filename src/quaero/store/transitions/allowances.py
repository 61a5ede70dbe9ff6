"""Allowances over all processes: a pace at which something is asked, and a budget of which something is spent."""

from quaero.store.transaction import Reader, Transaction

UNLIMITED = 1e300


def take_turn(tx: Transaction, name: str, interval_ms: int) -> int:
    """When the caller may ask, in milliseconds since 1970: turns are `interval_ms` apart, whoever takes them."""
    [(at,)] = tx.rows("take_pace", name=name, interval_ms=interval_ms, now=tx.now)
    return int(at)


def hold_off(tx: Transaction, name: str, pause_ms: int) -> None:
    """Give nobody a turn for so long, as a service has asked for."""
    tx.rows("hold_off", name=name, until=tx.now + pause_ms)


def spend(tx: Transaction, name: str, amount: float, most: float | None) -> bool:
    """Spend the amount if no more than `most` is spent then; whether it was. A negative amount gives back."""
    limit = UNLIMITED if most is None or amount <= 0 else most
    return bool(tx.rows("spend", name=name, amount=amount, most=limit, now=tx.now))


def spent(reader: Reader, name: str) -> float:
    rows = reader.rows("spent", name=name)
    return float(rows[0][0]) if rows else 0.0


def answer(reader: Reader, question: str, since: int) -> str | None:
    """What was answered to the question since then, in milliseconds since 1970."""
    rows = reader.rows("get_answer", question=question, since=since)
    return rows[0][0] if rows else None


def keep_answer(tx: Transaction, question: str, value: str) -> None:
    tx.rows("put_answer", question=question, value=value, now=tx.now)
