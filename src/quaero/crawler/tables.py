"""Tables of pages made fit for pipe tables, which know neither spans nor blocks inside a cell."""

from typing import Final

from quaero.crawler.html_tree import Element, Node, attribute

_LINE_NUMBERS: Final = "td.linenos, td.gutter, td.hljs-ln-numbers, td.blob-num, td.lineno"
_LAYOUT: Final = "table:has(table, pre, h1, h2, h3, form), table[role=presentation]"
_TABLE_PARTS: Final = "table, thead, tbody, tfoot, tr, td, th, caption"
_SPANNING: Final = "td[colspan], th[colspan], td[rowspan], th[rowspan]"
_MAX_SPAN: Final = 20
_MAX_SPANNING_CELLS: Final = 1000
_MAX_FILLED_CELLS: Final = 20_000
"""More than any table that people read; without limits a small page could ask for millions of cells."""


def simplify_tables(content: Node) -> None:
    """Turn tables used for layout into plain blocks, and spanning cells into single ones."""
    content.remove(_LINE_NUMBERS)
    _make_blocks_of_layout(content)
    for cell in content.select(_SPANNING)[:_MAX_SPANNING_CELLS]:
        _undo_spans(cell)
    for table in content.select("table"):
        _fill_up_rows(table)


def _make_blocks_of_layout(content: Node) -> None:
    layout = set(content.select(_LAYOUT))
    if not layout:
        return
    parts = [part for part in content.select(_TABLE_PARTS) if part.closest("table") in layout]
    for part in parts:
        part.tag = "div"


def _undo_spans(cell: Element) -> None:
    """Make a spanning cell a single one, with empty cells in the place it covered."""
    columns, rows = _span(cell, "colspan"), _span(cell, "rowspan")
    for name in ("colspan", "rowspan"):
        if name in cell.attrs:
            del cell.attrs[name]
    for _ in range(columns - 1):
        cell.insert_after(Element("td"))
    position = sum(1 for sibling in cell.previous_siblings if isinstance(sibling, Element))
    row = cell.parent
    for _ in range(rows - 1):
        row = _next_row(row)
        if row is None:
            return
        _insert_empty_cell(row, position)


def _fill_up_rows(table: Element) -> None:
    """Give each row as many cells as the longest has; a table much longer in few rows stays as it is."""
    rows = [(row, _cell_count(row)) for row in table.select("tr")]
    longest = max((count for _, count in rows), default=0)
    missing = longest * len(rows) - sum(count for _, count in rows)
    if missing > _MAX_FILLED_CELLS:
        return
    for row, count in rows:
        for _ in range(longest - count if count else 0):
            row.append(Element("td"))


def _cell_count(row: Element) -> int:
    return sum(1 for child in row.children if isinstance(child, Element))


def _span(cell: Element, name: str) -> int:
    value = attribute(cell, name)
    return min(int(value), _MAX_SPAN) if value.isascii() and value.isdecimal() else 1


def _next_row(row: Node | None) -> Element | None:
    if row is None:
        return None
    return next((sibling for sibling in row.next_siblings if isinstance(sibling, Element)), None)


def _insert_empty_cell(row: Element, position: int) -> None:
    cells = [child for child in row.children if isinstance(child, Element)]
    if position < len(cells):
        cells[position].insert_before(Element("td"))
    else:
        row.append(Element("td"))
