from datetime import UTC, datetime

import pytest

from quaero.crawler.retry_after import retry_after_seconds

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "Fri, 20 Nov 2026 08:01:30 GMT"}, 90.0),
        ({"retry-after": "Friday, 20-Nov-26 08:01:30 GMT"}, 90.0),
        ({"retry-after": "Fri, 20 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Fri, 99 Nov 2026 08:01:30 GMT"}, None),
    ],
)
def test_both_forms_are_read_and_nonsense_is_ignored(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_seconds(headers, NOW) == seconds


def test_a_date_is_compared_with_the_clock_of_the_server() -> None:
    headers = {"retry-after": "Fri, 20 Nov 2026 03:00:10 GMT", "date": "Fri, 20 Nov 2026 03:00:00 GMT"}
    assert retry_after_seconds(headers, NOW) == 10.0
