"""Parameters that lists share."""

from typing import Annotated, Final

from fastapi import Query

MOST_ITEMS: Final = 1_000
DEFAULT_LIMIT: Final = 50
LONGEST_CURSOR: Final = 500

Limit = Annotated[int, Query(ge=1, le=MOST_ITEMS, description="How many.")]
Cursor = Annotated[
    str | None, Query(max_length=LONGEST_CURSOR, description="Go on there: `next_cursor` of the page before.")
]
