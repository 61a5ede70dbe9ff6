"""Building the full-text index anew: a second one beside that in use, filled bit by bit, then put in its place.

FTS5 cannot mend a single document of an index that is wrong: to take out its old words it must be told them. And to
rebuild all of it takes one transaction, behind which every other writer waits. The second index is kept right by
triggers, so that it does not matter who fills it in which order, how often, and what is written meanwhile.
"""

from quaero.store.index_state import IndexState
from quaero.store.rows import to_json
from quaero.store.transaction import Reader, Transaction
from quaero.store.words import words_of


def begin(tx: Transaction) -> None:
    tx.rows("begin_index")


def abandoned(reader: Reader) -> bool:
    """Whether there is a new index that nobody works on: its run was cancelled, or has failed."""
    return bool(reader.rows("index_build")) and not reader.rows("reindex_is_open")


def drop(tx: Transaction) -> None:
    tx.rows("drop_index_build")


def index_some(tx: Transaction, after: int, up_to: int | None) -> list[int]:
    """Put some documents into the new index that it lacks; their ids, none if it lacks none of these."""
    _be_there(tx)
    ids = [document_id for (document_id,) in tx.rows("documents_to_index", after=after, up_to=up_to)]
    if ids:
        tx.rows("index_documents", ids=to_json(ids))
    return ids


def use(tx: Transaction) -> bool:
    """Put the new index in the place of the old one, if it has every document; whether it has."""
    _be_there(tx)
    [(complete,)] = tx.rows("index_is_complete")
    if complete:
        tx.rows("use_new_index")
    return bool(complete)


def orphans(reader: Reader) -> IndexState:
    """What the index in use has of documents that are gone."""
    [(count,)] = reader.rows("indexed_without_document")
    return IndexState(documents=0, missing=0, stale=count)


def compare_some(reader: Reader, so_far: IndexState, after: int) -> tuple[IndexState, int | None]:
    """Count in the documents with the next ids; the last of these ids, None if there are no more.

    A document is stale if the index has another number of words of its title, text or address: what FTS5 keeps of one.
    """
    rows = reader.rows("indexed_sizes", after=after)
    missing = sum(1 for row in rows if row[-1] is None)
    stale = sum(1 for _, *columns, sizes in rows if sizes is not None and _differs(columns, sizes))
    state = IndexState(so_far.documents + len(rows), so_far.missing + missing, so_far.stale + stale)
    return state, rows[-1][0] if rows else None


def _be_there(tx: Transaction) -> None:
    """Where another build has just ended, or the store was moved in the middle of one, it begins again."""
    if not tx.rows("index_build"):
        begin(tx)


def _differs(columns: list[str], sizes: bytes) -> bool:
    return [len(words_of(column)) for column in columns] != list(_numbers(sizes))


def _numbers(data: bytes) -> list[int]:
    """SQLite's variable-length integers: seven bits a byte, the highest bit says that more follow.

    The ninth byte of one would count in full, but no text has so many words.
    """
    found, value = [], 0
    for byte in data:
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            found.append(value)
            value = 0
    return found
