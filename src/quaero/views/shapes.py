"""The JSON that programs get: one function for each kind of thing."""

from collections.abc import Iterable, Mapping

Json = dict[str, object]


def listing(items: Iterable[Mapping[str, object]], total: int | None, next_cursor: int | str | None) -> Json:
    return {"items": list(items), "total": total, "next_cursor": _id(next_cursor)}


def _id(value: int | str | None) -> str | None:
    return None if value is None else str(value)
