"""Circles on the globe, and the boxes around them."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quaero.places.area import Box, Circle

circles = st.builds(
    Circle,
    latitude=st.floats(-90, 90),
    longitude=st.floats(-180, 180),
    radius=st.floats(1, 50_000),
)


def inside(box: Box, latitude: float, longitude: float) -> bool:
    if box.west <= box.east:
        across = box.west - 1e-9 <= longitude <= box.east + 1e-9
    else:
        across = longitude >= box.west - 1e-9 or longitude <= box.east + 1e-9
    return across and box.south - 1e-9 <= latitude <= box.north + 1e-9


@settings(deadline=None)
@given(circle=circles, direction=st.floats(0, 2 * math.pi), share=st.floats(0, 1))
def test_whatever_is_in_the_circle_is_in_its_box(circle: Circle, direction: float, share: float) -> None:
    latitude, longitude = _walked(circle, direction, share * circle.radius)

    assert inside(circle.box(), latitude, longitude)


@settings(deadline=None)
@given(circle=circles, direction=st.floats(0, 2 * math.pi), share=st.floats(0, 2))
def test_a_distance_is_what_one_has_walked(circle: Circle, direction: float, share: float) -> None:
    walked = share * circle.radius

    assert circle.distance(*_walked(circle, direction, walked)) == pytest.approx(walked, abs=0.01)


@settings(deadline=None)
@given(circle=circles)
def test_a_box_has_an_order_and_lies_on_the_globe(circle: Circle) -> None:
    box = circle.box()

    assert -90 <= box.south < box.north <= 90
    assert -180 <= box.west <= 180
    assert -180 <= box.east <= 180


def test_a_known_distance() -> None:
    paris = Circle(48.8566, 2.3522, 1)

    assert paris.distance(51.5074, -0.1278) == pytest.approx(343_560, rel=0.005)


def test_a_box_may_cross_the_180th_meridian() -> None:
    box = Circle(-17.0, 179.99, 5_000).box()

    assert box.west > 179 > 0 > box.east


def _walked(circle: Circle, direction: float, metres: float) -> tuple[float, float]:
    """Where one is after so many metres straight on from the centre."""
    angle, latitude = metres / 6_371_008.8, math.radians(circle.latitude)
    sine = math.sin(latitude) * math.cos(angle) + math.cos(latitude) * math.sin(angle) * math.cos(direction)
    reached = math.asin(max(-1.0, min(1.0, sine)))
    turned = math.atan2(
        math.sin(direction) * math.sin(angle) * math.cos(latitude),
        math.cos(angle) - math.sin(latitude) * math.sin(reached),
    )
    longitude = circle.longitude + math.degrees(turned)
    return math.degrees(reached), (longitude + 180) % 360 - 180
