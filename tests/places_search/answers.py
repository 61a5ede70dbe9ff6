"""Answers in the shapes of the real services, about places that do not exist."""

from typing import Any

Json = dict[str, Any]

CAFE: Json = {
    "place_id": 128463021,
    "licence": "Data © OpenStreetMap contributors, ODbL 1.0. http://osm.org/copyright",
    "osm_type": "node",
    "osm_id": 4827193650,
    "lat": "38.7117492",
    "lon": "-9.1401528",
    "category": "amenity",
    "type": "cafe",
    "place_rank": 30,
    "importance": 0.00007,
    "addresstype": "amenity",
    "name": "Café da Garça",
    "display_name": "Café da Garça, 14, Rua do Alecrim, Chiado, Lisboa, 1200-018, Portugal",
    "address": {
        "amenity": "Café da Garça",
        "house_number": "14",
        "road": "Rua do Alecrim",
        "neighbourhood": "Chiado",
        "city": "Lisboa",
        "ISO3166-2-lvl4": "PT-11",
        "postcode": "1200-018",
        "country": "Portugal",
        "country_code": "pt",
    },
    "extratags": {
        "cuisine": "coffee_shop",
        "opening_hours": "Mo-Fr 08:00-19:00; Sa 09:00-18:00",
        "website": "https://garca.example/",
        "contact:phone": "+351 21 555 0142",
        "wheelchair": "limited",
    },
    "boundingbox": ["38.7116992", "38.7117992", "-9.1402028", "-9.1401028"],
}

MUSEUM: Json = {
    **CAFE,
    "osm_type": "way",
    "osm_id": 77120934,
    "lat": "38.7250110",
    "lon": "-9.1133390",
    "category": "tourism",
    "type": "museum",
    "name": "Museu do Azulejo Pequeno",
    "display_name": "Museu do Azulejo Pequeno, Rua da Madre, Lisboa, Portugal",
    "address": {"tourism": "Museu do Azulejo Pequeno", "city": "Lisboa", "country": "Portugal"},
    "extratags": None,
}


def nominatim_place(number: int) -> Json:
    """One of many, all at one address."""
    name = f"Padaria {number}"
    return CAFE | {"osm_id": number, "name": name, "display_name": f"{name}, Lisboa, Portugal"}


OVERPASS: Json = {
    "version": 0.6,
    "generator": "Overpass API 0.7.62.8 e802775f",
    "osm3s": {
        "timestamp_osm_base": "2026-11-20T21:04:11Z",
        "copyright": "The data included in this document is from www.openstreetmap.org.",
    },
    "elements": [
        {
            "type": "way",
            "id": 30812,
            "center": {"lat": 52.5032, "lon": 13.4051},
            "nodes": [1, 2, 3, 1],
            "tags": {
                "amenity": "cafe",
                "building": "yes",
                "name": "Zur Gießkanne",
                "name:en": "The Watering Can",
                "addr:street": "Gartenweg",
                "addr:housenumber": "3a",
                "addr:postcode": "10969",
                "addr:city": "Berlin",
                "opening_hours": "24/7",
            },
        },
        {
            "type": "node",
            "id": 90417,
            "lat": 52.5003,
            "lon": 13.4,
            "tags": {"amenity": "cafe", "contact:website": "http://eck.example", "phone": "+49 30 5550100"},
        },
    ],
}

RAN_OUT: Json = {
    **OVERPASS,
    "elements": [],
    "remark": 'runtime error: Query timed out in "query" at line 1 after 26 seconds.',
}

OUT_OF_MEMORY: Json = {
    **OVERPASS,
    "elements": [],
    "remark": "runtime error: Query run out of memory using about 2048 MB of RAM.",
}


def google_place(number: int, **further: Any) -> Json:
    """A place of Google; `further` replaces some of it."""
    return {
        "id": f"ChIJx{number:04}_aBcDeF-gHiJk",
        "types": ["coffee_shop", "cafe", "food", "point_of_interest", "establishment"],
        "primaryType": "coffee_shop",
        "nationalPhoneNumber": "555-0100",
        "internationalPhoneNumber": "+1 555-0100",
        "formattedAddress": f"{number} Harbour St, Springfield, ZZ 00501, USA",
        "addressComponents": [
            {"longText": str(number), "shortText": str(number), "types": ["street_number"], "languageCode": "en"},
            {"longText": "Harbour Street", "shortText": "Harbour St", "types": ["route"], "languageCode": "en"},
            {"longText": "Springfield", "shortText": "Springfield", "types": ["locality", "political"]},
        ],
        "location": {"latitude": 40.7128 + number / 10_000, "longitude": -74.006},
        "rating": 4.4,
        "userRatingCount": 812,
        "priceLevel": "PRICE_LEVEL_MODERATE",
        "businessStatus": "OPERATIONAL",
        "googleMapsUri": f"https://maps.google.com/?cid={number}",
        "websiteUri": "https://roast.example/",
        "regularOpeningHours": {
            "openNow": True,
            "periods": [{"open": {"day": 1, "hour": 7, "minute": 0}, "close": {"day": 1, "hour": 18, "minute": 0}}],
            "weekdayDescriptions": ["Monday: 7:00 AM - 6:00 PM", "Tuesday: Closed"],
        },
        "displayName": {"text": f"Roast {number}", "languageCode": "en"},
        **further,
    }  # fmt: skip


def google_error(code: int, status: str, message: str, reason: str = "") -> Json:
    """An error of Google's services."""
    error: Json = {"code": code, "message": message, "status": status}
    if reason:
        info = {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": reason,
            "domain": "googleapis.com",
        }
        error["details"] = [info | {"metadata": {"service": "places.googleapis.com"}}]
    return {"error": error}
