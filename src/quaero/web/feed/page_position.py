"""Where a page is in the events: what happened up to there is in it, and what comes after may be, too."""

from quaero.web.rendering import PAGE_POSITION
from quaero.web.state import WebState


async def note_position(web: WebState) -> None:
    """Before a page asks for anything, note the position that it will carry."""
    PAGE_POSITION.set((await web.feed.position()).text)
