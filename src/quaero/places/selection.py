"""Which of the found places are wanted: what providers cannot decide, or decide roughly, is decided here."""

from collections.abc import Sequence

from quaero.places.place import Place
from quaero.places.query import Query


def chosen(places: Sequence[Place], query: Query, room: int) -> tuple[Place, ...]:
    """Those that fit the query, each once, no more than `room`; of a search around a point the nearest first."""
    once: dict[str, Place] = {}
    for place in places:
        once.setdefault(place.source_id, place)
    fitting = [place for place in once.values() if fits(place, query)]
    if query.search_type == "nearby_search" and query.area is not None:
        area = query.area
        fitting.sort(key=lambda place: area.distance(place.latitude, place.longitude))
    return tuple(fitting[: max(0, room)])


def fits(place: Place, query: Query) -> bool:
    """Whether a place is in the area, rated well enough, and open if it must be.

    A text search for what is open now is answered so by its provider, who knows of holidays.
    """
    area = query.area
    if area is not None and area.distance(place.latitude, place.longitude) > area.radius:
        return False
    if query.min_rating is not None and (place.rating is None or place.rating < query.min_rating):
        return False
    return not query.open_now or query.search_type == "text_search" or place.open_now is True
