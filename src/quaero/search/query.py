"""The search language: what a person types becomes a `Query`, whatever it is; no text is an error.

    bare words            any of them may match, the best match comes first; common words (the, of, …) are
                          left out unless there is nothing else to look for
    "two words"           a phrase: these words in this order; without its second quote it runs to the end
    foo-bar  C++          words joined by other characters are a phrase (foo bar); other characters mean
                          nothing (C)
    +word  +"a phrase"    must be in the document
    -word  -"a phrase"    must not be in the document; NOT before it means the same
    pre*                  words that begin so
    a OR b                either is enough: one clause, of words, phrases or prefixes; +a OR b demands it
    a AND b               both must match; OR binds closer: a AND b OR c is a and (b or c)
    title:word            must be in the title; also title:"a phrase" and title:pre*
    url:part              part of the address          (filters: each must hold, and filters alone find all
    tag:name              the document has this tag     that passes; joined by OR, one of the same kind must
    source:type           the kind of source            hold; -tag:x keeps out)
    error:404  http://x   other text before a colon is no filter: bare words, or a phrase where it is marked

OR, AND and NOT are operators in capitals, standing alone and beside something to work on. The required
clauses decide which documents match, and the optional ones then only order them; without a required clause,
at least one optional clause must match. Letter case and accents are the index's business.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Literal

from quaero.search.chunks import Chunk, Operator, chunks
from quaero.search.clauses import AnyOf, Clause, Filter, FilterKind, Term, either
from quaero.search.stop_words import STOP_WORDS
from quaero.search.words import words

MAX_CHARACTERS = 1_000
MAX_TERMS = 64

_FILTERS = frozenset(FilterKind)
_STAR_AT_END = re.compile(r"\*\W*\Z")
_NO_APOSTROPHES = str.maketrans("", "", "'\u2019")


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. `dropped`: the common words left out. `shortened`: the text was over the limits."""

    required: tuple[Clause, ...] = ()
    optional: tuple[Clause, ...] = ()
    excluded: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    dropped: tuple[str, ...] = ()
    shortened: bool = False

    @property
    def empty(self) -> bool:
        """Nothing to look for; such a query finds nothing."""
        return not (self.required or self.optional or self.excluded or self.filters)

    def describe(self) -> str:
        """The query in plain English, as one sentence."""
        if self.empty:
            return "Nothing to look for."
        return f"Documents {', '.join(_parts(self))}{_notes(self)}."


def parse_query(text: str) -> Query:
    """The meaning of a search text. Never raises; what is over 1,000 characters or 64 terms is cut off."""
    readable = text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()  # no halves of surrogate pairs
    pieces = list(chunks(readable))
    if not any(isinstance(piece, Chunk) for piece in pieces):
        pieces = [Chunk(str(piece)) for piece in pieces]  # operators alone have nothing to work on: words
    items, complete = _items(pieces)
    return _query(items, shortened=len(text) > MAX_CHARACTERS or not complete)


@dataclass(frozen=True, slots=True)
class _Item:
    """A clause or filter with its role. `common_word` is the text of a bare common word."""

    what: Clause | Filter
    required: bool = False
    excluded: bool = False
    common_word: str = ""


def _items(pieces: Sequence[Chunk | Operator]) -> tuple[list[_Item], bool]:
    """The items of the query, operators applied, and whether all of it fitted into the limit."""
    items: list[_Item] = []
    room = MAX_TERMS
    joiner: Operator | None = None
    negated = False
    for piece, after in zip_longest(pieces, pieces[1:]):
        if isinstance(piece, Operator):
            negated, joiner = (True, joiner) if piece is Operator.NOT else (negated, piece)
            continue
        operand = joiner is not None or negated or isinstance(after, Operator)
        new = list(_read(piece, negated=negated, operand=operand))
        if len(new) > room:
            return [*items, *new[:room]], False
        room -= len(new)
        if joiner is not None and items and new:
            new = _join(items.pop(), joiner, new[0])
        items += new
        joiner, negated = None, False
    return items, True


def _read(chunk: Chunk, *, negated: bool, operand: bool) -> Iterator[_Item]:
    excluded = negated or chunk.mark == "-"
    required = chunk.mark == "+" and not excluded
    if chunk.qualifier in _FILTERS:
        yield _Item(Filter(FilterKind(chunk.qualifier), (chunk.text.strip(),), excluded))
        return
    if chunk.qualifier and (term := _term(chunk, "title")).words:
        yield _Item(term, not excluded, excluded)
        return
    if chunk.qualifier:  # nothing to look for behind the colon: the name is all there is
        chunk = Chunk(chunk.qualifier, chunk.mark)
    bare = not (chunk.quoted or chunk.mark or operand)
    for part in chunk.text.split(":") if bare else [chunk.text]:
        term = _term(replace(chunk, text=part))
        if term.words:
            yield _Item(term, required, excluded, _common_word(part) if bare and not term.prefix else "")


def _term(chunk: Chunk, column: Literal["title"] | None = None) -> Term:
    prefix = not chunk.quoted and _STAR_AT_END.search(chunk.text) is not None
    return Term(words(chunk.text), prefix, column)


def _common_word(text: str) -> str:
    found = words(text.translate(_NO_APOSTROPHES))
    return text if len(found) == 1 and found[0].casefold() in STOP_WORDS else ""


def _join(before: _Item, operator: Operator, after: _Item) -> list[_Item]:
    """The two items around an OR or AND; an operator that cannot join them changes nothing."""
    if operator is Operator.AND:
        return [_demanded(before), _demanded(after)]
    match before, after:
        case _Item(what=Filter() as one, excluded=False), _Item(what=Filter() as other, excluded=False):
            if one.kind == other.kind:
                return [_Item(replace(one, values=(*one.values, *other.values)))]
        case _Item(what=Term() | AnyOf() as one, excluded=False), _Item(what=Term() as other, excluded=False):
            either = AnyOf((*(one.terms if isinstance(one, AnyOf) else (one,)), other))
            return [_Item(either, before.required or after.required)]
    return [before, after]


def _demanded(item: _Item) -> _Item:
    return item if item.excluded or isinstance(item.what, Filter) else replace(item, required=True)


def _query(items: Sequence[_Item], *, shortened: bool) -> Query:
    wanted = [item for item in items if not item.excluded and not isinstance(item.what, Filter)]
    telling = [item for item in wanted if not item.common_word]
    kept = telling or wanted
    required = _clauses(item for item in kept if item.required)
    optional = _clauses(item for item in kept if not item.required)
    excluded = _clauses(item for item in items if item.excluded)
    filters = dict.fromkeys(item.what for item in items if isinstance(item.what, Filter))
    return Query(
        required=required,
        optional=tuple(clause for clause in optional if clause not in required),
        excluded=tuple(clause for clause in excluded if isinstance(clause, Term)),
        filters=tuple(filters),
        dropped=tuple(dict.fromkeys(item.common_word for item in wanted if item not in kept)),
        shortened=shortened,
    )


def _clauses(items: Iterable[_Item]) -> tuple[Clause, ...]:
    """The clauses, each once, in the order of the text."""
    return tuple(dict.fromkeys(item.what for item in items if not isinstance(item.what, Filter)))


def _parts(query: Query) -> Iterator[str]:
    required = [clause.describe() for clause in query.required]
    optional = [clause.describe() for clause in query.optional]
    if required:
        yield f"with {' and '.join(required)}"
        if optional:
            yield f"first those with {either(optional)}"
    elif optional:
        yield f"with {either(optional)}"
    if query.excluded:
        yield f"without {either(term.describe() for term in query.excluded)}"
    yield from (each.describe() for each in query.filters)


def _notes(query: Query) -> str:
    common = ", ".join(query.dropped)
    notes = [f"left out as too common: {common}"] if common else []
    notes += ["cut: the text is too long"] if query.shortened else []
    return f" ({'; '.join(notes)})" if notes else ""
