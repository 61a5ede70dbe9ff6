"""Events as they are stored: every type has its name, and everything in it survives."""

import string
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models import event
from quaero.models.event import Event, JobStatusChange, RunEnded

ABSTRACT = (Event, RunEnded)
TYPES: list[type[Event]] = [
    kind
    for kind in vars(event).values()
    if isinstance(kind, type) and issubclass(kind, Event) and kind not in ABSTRACT
]
VALUES: dict[Any, st.SearchStrategy[Any]] = {
    int: st.integers(0, 2**53),
    str: st.text(),
    int | None: st.none() | st.integers(0, 2**53),
    str | None: st.none() | st.text(),
    float | None: st.none() | st.floats(0, 1e9),
}


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(TYPES))
    hints = get_type_hints(kind)
    return kind(**{field: draw(VALUES[hints[field]]) for field in kind.__struct_fields__})


@given(events())
def test_an_event_survives_its_encoding(given_event: Event) -> None:
    text = msgspec.json.encode(given_event)
    assert msgspec.json.decode(text, type=type(given_event)) == given_event


@given(events())
def test_an_encoded_event_is_plain_values_by_name(given_event: Event) -> None:
    plain = msgspec.json.decode(msgspec.json.encode(given_event))
    assert list(plain) == list(given_event.__struct_fields__)
    assert plain["root_id"] == given_event.root_id


def test_every_type_has_a_name_of_its_own() -> None:
    names = [kind.type for kind in TYPES]
    assert len(names) == len(set(names))
    assert all(set(name) <= {*string.ascii_lowercase, "_"} and name for name in names)


@pytest.mark.parametrize(
    "name",
    [
        "job_created",
        "job_status_change",
        "job_spawn",
        "parent_job_progress",
        "document_saved",
        "document_updated",
        "job_completed",
        "job_failed",
        "job_cancelled",
    ],
)
def test_the_promised_types_are_there(name: str) -> None:
    assert name in {kind.type for kind in TYPES}


def test_an_event_is_a_value() -> None:
    change = JobStatusChange(1, 2, 1, "pending", "running")
    assert change == JobStatusChange(1, 2, 1, "pending", "running", "")
    with pytest.raises(AttributeError):
        change.after = "failed"  # type: ignore[misc]
