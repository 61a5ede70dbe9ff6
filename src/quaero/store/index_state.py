"""How well the full-text index fits the documents."""

import msgspec


class IndexState(msgspec.Struct, frozen=True):
    """`missing`: documents that the index lacks. `stale`: what it has otherwise, or though it is gone."""

    documents: int
    missing: int
    stale: int
