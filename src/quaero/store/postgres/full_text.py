"""Search on an inverted index: a `Query` becomes probes of the index, whose finds one statement ranks by BM25."""

from collections.abc import Iterator
from typing import Any, Final

from quaero.models.document import SearchHit
from quaero.search.clauses import Filter, Term
from quaero.search.query import Query
from quaero.store.check import Finding
from quaero.store.index_state import IndexState
from quaero.store.postgres.document_texts import LEVELS, TITLE_WEIGHT, key, text_of
from quaero.store.rows import document_of, to_json
from quaero.store.snippets import Pieces, looked_for, pieces_of, terms_of, unmarked
from quaero.store.transaction import Reader, Row, Transaction
from quaero.store.words import words_of

_EXCLUDED: Final = -(1 << 63)
"""The highest bit of 64. A query has no more terms than bits: one that excludes has at most 63 required clauses."""


def search(reader: Reader, query: Query, limit: int, offset: int) -> tuple[tuple[SearchHit, ...], int]:
    """The best matches from `offset`, and how many documents match in all."""
    if query.empty:
        return (), 0
    filters = to_json([_filter(part) for part in query.filters])
    if query.required or query.optional:
        reader.rows("prefer_index")
        rows = reader.rows(
            "search_words",
            filters=filters,
            **_words_wanted(query),
            title_weight=TITLE_WEIGHT,
            limit=limit,
            offset=offset,
        )
        marked = looked_for(query)
        return tuple(_hit(row, pieces_of(row[-1], marked)) for row in rows if row[1] is not None), rows[0][0]
    if query.excluded:
        reader.rows("prefer_index")
    rows = reader.rows("search_filters", probes=_kept_out(query), filters=filters, limit=limit, offset=offset)
    return tuple(_hit(row, unmarked(row[-1])) for row in rows if row[1] is not None), rows[0][0]


def facets(reader: Reader, query: Query, most: int, most_values: int) -> list[Row]:
    """What of each kind there is among the matches, of so many of them: (kind, value, how many documents)."""
    if query.empty:
        return []
    limits = {
        "filters": to_json([_filter(part) for part in query.filters]),
        "most": most,
        "most_values": most_values,
    }
    if query.required or query.optional:
        reader.rows("prefer_index")
        return reader.rows("facets_words", **_words_wanted(query), **limits)
    if query.excluded:
        reader.rows("prefer_index")
    return reader.rows("facets_filtered", probes=_kept_out(query), **limits)


def _words_wanted(query: Query) -> dict[str, Any]:
    """The probes, the bits of their clauses that decide, and what these must be."""
    bits = [1 << number for number in range(len(query.required))]
    wanted = sum(bits) - (1 << 64 if len(bits) == 64 else 0)
    mask = wanted | _EXCLUDED if query.excluded else wanted
    return {"probes": to_json(list(_probes(query))), "mask": mask, "wanted": wanted}


def _kept_out(query: Query) -> str:
    """The probes of a query without words that must or may match."""
    return to_json([_whole(term, words) for term in query.excluded if (words := _words(term))])


def check(reader: Reader) -> tuple[Finding, ...]:
    """Whether the index has every document as it is now."""
    [(lost,)] = reader.rows("check_index")
    if not lost:
        return ()
    return (Finding("index", "the search index does not fit the documents; run: quaero run reindex"),)


def rebuild_some(tx: Transaction, after: int, up_to: int | None) -> list[int]:
    """Index some documents anew, those with the next ids up to `up_to` (None: all); these ids."""
    return _index(tx, tx.rows("documents_to_index", after=after, up_to=up_to))


def index_lost(tx: Transaction, after: int) -> list[int]:
    """Index some documents with ids above `after` that the index lacks or has otherwise than they are; their ids."""
    return _index(tx, tx.rows("lost_documents", after=after))


def index_state(reader: Reader) -> IndexState:
    """How well the index fits the documents: it tells of each what it was made from."""
    [(documents, missing, stale)] = reader.rows("index_state")
    return IndexState(documents, missing, stale)


def _index(tx: Transaction, documents: list[Row]) -> list[int]:
    for document_id, title, markdown, url in documents:
        tx.rows("put_document_text", document_id=document_id, **text_of(title, markdown, url))
    return [row[0] for row in documents]


def _probes(query: Query) -> Iterator[dict[str, Any]]:
    """Each with the number of its term and what that term does: its bit, its weight.

    Where optional clauses order what required ones find, the first required one counts twice: as in the other store.
    """
    parts = [
        (clause, _signed(1 << number), 2.0 if query.optional and not number else 1.0)
        for number, clause in enumerate(query.required)
    ]
    parts += [(clause, 0, 1.0) for clause in query.optional]
    parts += [(term, _EXCLUDED, 0.0) for term in query.excluded]
    number = 0
    for clause, bit, weight in parts:
        for term in terms_of(clause):
            for probe in _of_term(term, excluded=bit == _EXCLUDED):
                yield {"term": number, "bit": bit, "weight": weight, **probe}
            number += 1


def _signed(bit: int) -> int:
    """As a signed number of 64 bits."""
    return bit - (1 << 64) if bit == 1 << 63 else bit


def _of_term(term: Term, *, excluded: bool) -> Iterator[dict[str, Any]]:
    words = _words(term)
    if not words:
        return  # never found
    if excluded or term.prefix or len(words) > 1:
        yield _whole(term, words)
        return
    mark, unit = (":", TITLE_WEIGHT) if term.column else ("", 1)
    for level in LEVELS:
        yield {"query": _quoted(f"{key(words[0], mark)} {level}"), "occurrences": level * unit}


def _whole(term: Term, words: list[str]) -> dict[str, Any]:
    """One probe for all that a term finds. The space ends a word; without it, a key begins so."""
    mark = ":" if term.column else ""
    *before, last = (key(word, mark) for word in words)
    lookups = [f"{_quoted(f'{word} ')}:*" for word in before]
    lookups.append(f"{_quoted(last if term.prefix else f'{last} ')}:*")
    probe = {"query": " & ".join(lookups), "occurrences": TITLE_WEIGHT if term.column else 1}
    if len(words) > 1 or term.prefix:
        phrase = f" {' '.join(words)}{'' if term.prefix else ' '}"
        probe |= {"phrase": phrase, "found": len(words) == 1, "of_title": term.column is not None}
    return probe


def _words(term: Term) -> list[str]:
    return words_of(" ".join(term.words))


def _quoted(text: str) -> str:
    doubled = text.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def _filter(part: Filter) -> dict[str, object]:
    """Zero bytes are written so into the database, too."""
    values = [value.replace("\0", "\ufffd") for value in part.values]
    return {"kind": part.kind, "values": values, "excluded": int(part.excluded)}


def _hit(row: Row, pieces: Pieces) -> SearchHit:
    _, *document, score, _ = row
    return SearchHit(document_of(tuple(document)), score, pieces)
