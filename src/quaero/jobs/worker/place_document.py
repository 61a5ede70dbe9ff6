"""A place as a document of the collection."""

from quaero.models.document import NewDocument, content_hash
from quaero.models.moment import iso_time
from quaero.places import google
from quaero.places.markdown import markdown_of
from quaero.places.place import SOURCE_TYPE, Place
from quaero.store.rows import to_json

KEPT_MS = {google.PROVIDER: google.KEPT_MS}
"""How long what a provider says may be kept; by other providers for ever."""


def document_of(place: Place, at: int, tags: tuple[str, ...]) -> NewDocument:
    """The document of a place that a provider told of at that time, in milliseconds since 1970.

    What may be kept for some time only is written anew, as a change, when a search finds it in the second half of that
    time: so as long as searches go on, it does not expire.
    """
    facts, kept_ms = place.facts(), KEPT_MS.get(place.provider)
    half = "" if kept_ms is None else str(at // (kept_ms // 2))
    expires_at = None if kept_ms is None else iso_time(at + kept_ms)
    return NewDocument(
        source_type=SOURCE_TYPE,
        url=place.map_link,
        canonical_url=place.url,
        title=place.name,
        markdown=markdown_of(place),
        content_hash=content_hash(place.name, to_json(facts) + half),
        tags=tags,
        metadata={SOURCE_TYPE: {**facts, "fetched_at": iso_time(at), "expires_at": expires_at}},
    )
