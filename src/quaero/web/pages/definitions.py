"""All definitions: what each does, what came of it last, when it runs next."""

from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from quaero.jobs.timetable import TimetableEntry, timetable
from quaero.models.job import Job
from quaero.store.reads import StoredDefinition
from quaero.views.moments import now_ms
from quaero.web.local_times import shown_time
from quaero.web.state import Web, WebState

router = APIRouter()

MOST_CARDS: Final = 300


@dataclass(frozen=True, slots=True)
class Card:
    """A definition with its newest run and its place in the timetable."""

    stored: StoredDefinition
    run: Job | None
    entry: TimetableEntry | None

    @property
    def next_local(self) -> str:
        """When it runs next, as the clock of its schedule shows it; "": it does not."""
        entry = self.entry
        if entry is None or entry.next_at is None or not entry.enabled:
            return ""
        return shown_time(entry.next_at, entry.timezone)

    @property
    def steps(self) -> str:
        """`crawl → keywords (agent) → reindex`"""
        steps = self.stored.definition.steps
        return " → ".join(
            step.name if step.name == step.action else f"{step.name} ({step.action})" for step in steps
        )


@router.get("/definitions")
async def definitions(web: WebState, q: Annotated[str, Query(max_length=200)] = "") -> Response:
    found = [card for card in await _cards(web) if _matches(card, q)]
    context = {
        "here": "/definitions",
        "cards": found[:MOST_CARDS],
        "left_out": max(len(found) - MOST_CARDS, 0),
        "q": q,
        "any_own": any(card.stored.origin != "system" for card in found),
    }
    return web.rendering.page("definitions.html", context)


async def _cards(web: Web) -> list[Card]:
    """People's own first, by name; then quick crawls, then what ships with the program."""
    runs = await web.engine.store.last_runs()
    entries = {entry.definition_id: entry for entry in await timetable(web.engine.control, now_ms())}
    cards = [
        Card(stored, runs.get(stored.definition.id), entries.get(stored.definition.id))
        for stored in await web.engine.control.definitions()
    ]
    order = {"user": 0, "quick": 1, "system": 2}
    return sorted(cards, key=lambda card: (order[card.stored.origin], card.stored.definition.name.casefold()))


def _matches(card: Card, q: str) -> bool:
    """Whether every word is somewhere in its texts."""
    definition = card.stored.definition
    told = [definition.id, definition.name, definition.description, *definition.tags, card.steps]
    texts = " ".join([*told, card.stored.origin]).casefold()
    return all(word in texts for word in q.casefold().split())
