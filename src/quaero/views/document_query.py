"""Which documents are meant: what people and programs write, as a filter; and where a page of the list ended."""

import re
from collections.abc import Sequence
from typing import Final

from quaero.models.errors import UsageError
from quaero.models.moment import parse_time
from quaero.store.document_reads import DAY_MS, Place
from quaero.store.reads import DocumentFilter
from quaero.views.moments import now_ms

UPDATED: Final = {"day": 1, "week": 7, "month": 30}
"""Words for the last days."""

_PLACE: Final = re.compile(r"(-?\d{1,18})\.(\d{1,18})", re.ASCII)


def document_filter(
    *,
    source: str | None = None,
    tags: Sequence[str] = (),
    url: str | None = None,
    host: str | None = None,
    run: int | None = None,
    created_after: str | None = None,
    updated_after: str | None = None,
    updated: str | None = None,
) -> DocumentFilter:
    """Empty texts ask for nothing. Times are ISO 8601; `updated`: a word for the last days. Else a `UsageError`."""
    since = _since(updated)
    return DocumentFilter(
        source_type=_text(source),
        tags=tuple(dict.fromkeys(filter(None, map(_text, tags)))),
        url_part=_text(url),
        host=_text(host),
        root_id=run,
        created_after=_time("created_after", created_after),
        updated_after=_time("updated_after", updated_after) if since is None else since,
    )


def place_text(place: Place | None) -> str | None:
    """The cursor of the next page."""
    return None if place is None else f"{place.updated_at}.{place.id}"


def place_of(cursor: str | None) -> Place | None:
    """Where a page begins; `UsageError` when that is no cursor of this list."""
    if not cursor:
        return None
    found = _PLACE.fullmatch(cursor)
    if found is None:
        raise UsageError("this is not a cursor", where="cursor", remedy="Begin with the first page")
    return Place(int(found[1]), int(found[2]))


def _text(value: str | None) -> str | None:
    """No database has zero bytes in its texts."""
    return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if value else None


def _time(name: str, value: str | None) -> int | None:
    if not value:
        return None
    try:
        moment = parse_time(value)
    except (OverflowError, ValueError):
        moment = None
    if moment is None:
        raise UsageError(f"{value[:40]!r} is not a time", where=name, remedy="Write it like 2026-11-01")
    return moment


def _since(word: str | None) -> int | None:
    if not word:
        return None
    if word not in UPDATED:
        raise UsageError(
            f"there is no {word[:40]!r}", where="updated", remedy=f"One of: {', '.join(UPDATED)}"
        )
    return now_ms() - UPDATED[word] * DAY_MS
