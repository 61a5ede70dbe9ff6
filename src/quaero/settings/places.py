"""The settings of searches for places."""

from functools import partial
from typing import Final

from quaero.models.duration import format_duration
from quaero.settings.reading import Reading
from quaero.settings.urls import HIDDEN
from quaero.settings.values import PlacesSettings
from quaero.settings.written import duration, header_line, service_url

EXAMPLES: Final = {
    "places.nominatim_url": 'nominatim_url = "https://nominatim.openstreetmap.org"',
    "places.overpass_url": 'overpass_url = "https://overpass-api.de"',
    "places.google_url": 'google_url = "https://places.googleapis.com"',
    "places.pause": 'pause = "1s"',
    "places.user_agent": 'user_agent = "our-maps/1.0 (me@example.org)"',
    "google.places_key": "QUAERO_GOOGLE_PLACES_KEY=…",
}


def read_places(reading: Reading) -> PlacesSettings:
    """The settings of places; the key of Google is taken from the environment only."""
    default = PlacesSettings()
    if reading.from_file("google.places_key"):
        reading.complain("google.places_key", "a key does not belong into a file; set its variable")
    return PlacesSettings(
        reading.take("places.nominatim_url", lambda: default.nominatim_url, service_url),
        reading.take("places.overpass_url", lambda: default.overpass_url, service_url),
        reading.take(
            "places.google_url", lambda: default.google_url, partial(service_url, with_secrets=True)
        ),
        reading.take("places.pause", lambda: default.pause_ms, partial(duration, least=0), format_duration),
        reading.take("places.user_agent", lambda: "", header_line),
        reading.take("google.places_key", lambda: "", header_line, lambda key: HIDDEN if key else ""),
    )
