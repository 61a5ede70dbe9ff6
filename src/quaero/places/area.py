"""The area of a search: a circle on the globe, and the box around it that providers take."""

import math
from dataclasses import dataclass
from typing import Final

_EARTH_METRES: Final = 6_371_008.8  # mean radius, IUGG
_METRES_PER_DEGREE: Final = math.pi * _EARTH_METRES / 180


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees. `west` is larger than `east` where the box crosses the 180th meridian."""

    south: float
    west: float
    north: float
    east: float


@dataclass(frozen=True, slots=True)
class Circle:
    """Degrees, and a radius in metres."""

    latitude: float
    longitude: float
    radius: float

    def distance(self, latitude: float, longitude: float) -> float:
        """Metres from the centre, on a sphere (haversine): exact to half a percent."""
        here, there = math.radians(self.latitude), math.radians(latitude)
        across = math.radians(longitude - self.longitude)
        part = math.sin((there - here) / 2) ** 2
        part += math.cos(here) * math.cos(there) * math.sin(across / 2) ** 2
        return 2 * _EARTH_METRES * math.asin(math.sqrt(min(1.0, part)))

    def box(self) -> Box:
        """The smallest box with the whole circle in it; at a pole it goes all around."""
        angle = self.radius / _EARTH_METRES
        high = self.radius / _METRES_PER_DEGREE
        south, north = self.latitude - high, self.latitude + high
        if south <= -90 or north >= 90:
            return Box(max(south, -90.0), -180.0, min(north, 90.0), 180.0)
        wide = math.degrees(math.asin(min(1.0, math.sin(angle) / math.cos(math.radians(self.latitude)))))
        return Box(south, _around(self.longitude - wide), north, _around(self.longitude + wide))


def _around(longitude: float) -> float:
    """The same meridian between -180 and 180."""
    if -180 <= longitude <= 180:
        return longitude
    return (longitude + 180) % 360 - 180
