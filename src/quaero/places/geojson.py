"""Documents with coordinates as features of GeoJSON (RFC 7946)."""

from collections.abc import Mapping
from typing import Any

from quaero.models.document import Document
from quaero.models.moment import iso_time
from quaero.places.json_values import number
from quaero.places.place import SOURCE_TYPE

BEGIN, BETWEEN, END = b'{"type": "FeatureCollection", "features": [', b",", b"\n]}\n"


def feature_of(document: Document) -> dict[str, Any] | None:
    """A document as a point with its properties; None: it has no coordinates. Longitude comes first."""
    place = document.metadata.get(SOURCE_TYPE)
    if not isinstance(place, Mapping):
        return None
    north, east = number(place.get("latitude"), -90, 90), number(place.get("longitude"), -180, 180)
    if north is None or east is None:
        return None
    about = {key: value for key, value in place.items() if key not in ("latitude", "longitude")}
    own = {
        "title": document.title,
        "url": document.url,
        "source_type": document.source_type,
        "tags": list(document.tags),
        "updated_at": iso_time(document.updated_at),
    }
    return {
        "type": "Feature",
        "id": document.canonical_url,
        "geometry": {"type": "Point", "coordinates": [east, north]},
        "properties": own | about,
    }
