"""Search on FTS5: a `Query` becomes an expression of quoted words, and filters become parameters."""

from quaero.models.document import SearchHit
from quaero.search.clauses import AnyOf, Clause, Filter, Term
from quaero.search.query import Query
from quaero.store.rows import document_of, to_json
from quaero.store.snippets import Pieces, looked_for, pieces_of, unmarked
from quaero.store.transaction import Reader, Row


def search(reader: Reader, query: Query, limit: int, offset: int) -> tuple[tuple[SearchHit, ...], int]:
    """The best matches from `offset`, and how many documents match in all."""
    if query.empty:
        return (), 0
    match = "match" in (parameters := _parameters(query))
    statement, counting = ("search_words", "count_words") if match else ("search_filters", "count_filtered")
    rows = reader.rows(statement, **parameters, limit=limit, offset=offset)
    [(total,)] = reader.rows(counting, **parameters)
    marked = looked_for(query)
    return tuple(_hit(row, pieces_of(row[-1], marked) if match else unmarked(row[-1])) for row in rows), total


def facets(reader: Reader, query: Query, most: int, most_values: int) -> list[Row]:
    """What of each kind there is among the matches, of so many of them: (kind, value, how many documents)."""
    if query.empty:
        return []
    parameters = _parameters(query)
    statement = "facets_words" if "match" in parameters else "facets_filtered"
    return reader.rows(statement, **parameters, most=most, most_values=most_values)


def _parameters(query: Query) -> dict[str, str | None]:
    """With `match` where words must or may match."""
    filters = to_json([_filter(part) for part in query.filters])
    match = expression(query)
    return (
        {"match": match, "filters": filters}
        if match
        else {"excluded": _any(query.excluded) or None, "filters": filters}
    )


def expression(query: Query) -> str:
    """The FTS5 expression of a query's words; empty if it has none that must or may match."""
    if not (query.required or query.optional):
        return ""
    if query.required:
        parts = [_clause(clause) for clause in query.required]
        if query.optional:  # they only order: any of them, or what is required anyway
            parts.append(_any((query.required[0], *query.optional)))
        found = " AND ".join(parts)
    else:
        found = _any(query.optional)
    return f"({found}) NOT {_any(query.excluded)}" if query.excluded else found


def _any(clauses: tuple[Clause, ...]) -> str:
    return f"({' OR '.join(_clause(clause) for clause in clauses)})" if clauses else ""


def _clause(clause: Clause) -> str:
    if isinstance(clause, AnyOf):
        return _any(clause.terms)
    return _term(clause)


def _term(term: Term) -> str:
    """Words hold letters, digits and marks only; the quotes make them words whatever they spell."""
    column = f"{term.column} : " if term.column else ""
    words = " ".join(term.words).replace('"', '""')
    return f'{column}"{words}"{" *" if term.prefix else ""}'


def _filter(part: Filter) -> dict[str, object]:
    return {"kind": part.kind, "values": part.values, "excluded": int(part.excluded)}


def _hit(row: Row, pieces: Pieces) -> SearchHit:
    *document, score, _ = row
    return SearchHit(document_of(tuple(document)), score, pieces)
