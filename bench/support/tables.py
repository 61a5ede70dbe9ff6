"""Tables as they can be put into a page."""

import itertools
from collections.abc import Sequence

Cell = str | float
Rows = list[Sequence[Cell]]


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """A headline and a table; numbers with three or four digits."""
    print(f"### {title}\n")
    for row in itertools.chain([heads, ["---"] * len(heads)], rows):
        print("| " + " | ".join(cell if isinstance(cell, str) else _short(cell) for cell in row) + " |")
    print(flush=True)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1_000 else f"{value:.3g}"
