"""What is looked for, in one form for all providers; and a request, as it is to be sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from quaero.places.area import Circle

SearchType = Literal["text_search", "nearby_search"]
ProviderName = Literal["nominatim", "google"]
ServiceName = Literal["nominatim", "overpass", "google"]

_KIND: Final = re.compile(r"[a-z0-9_:]{1,60}(=[a-z0-9_:;.-]{1,100})?")


@dataclass(frozen=True, slots=True)
class Query:
    """A search. `area`: only places in it. `kind`: see `kind_of`; "": any. `most`: places, of all pages together.

    `language` as in BCP 47, `region` as in ISO 3166; "": as the provider likes.
    """

    text: str
    search_type: SearchType = "text_search"
    provider: ProviderName = "nominatim"
    area: Circle | None = None
    kind: str = ""
    min_rating: float | None = None
    open_now: bool = False
    most: int = 20
    language: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """A request to a service, without anything secret; `path` begins with a slash."""

    method: Literal["GET", "POST"]
    path: str
    headers: Mapping[str, str]
    body: bytes | None = None


def kind_of(written: str) -> str | None:
    """A kind of place in the spelling of the providers: "Book store" is `book_store`; None where it is none.

    OpenStreetMap also knows `key=value`, such as `amenity=cafe`.
    """
    kind = re.sub(r"[\s-]+", "_", written.strip().lower())
    return kind if _KIND.fullmatch(kind) else None
