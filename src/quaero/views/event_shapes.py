"""The JSON of events."""

from typing import TYPE_CHECKING, Any

from typing_extensions import TypedDict

from quaero.models.moment import iso_time

if TYPE_CHECKING:
    from quaero.models.event import Recorded


class EventShape(TypedDict):
    """A record of a change in a run. `number` counts within the run; `data` holds what belongs to the `type`."""

    number: int
    run_id: str
    job_id: str
    at: str | None
    type: str
    data: dict[str, Any]


def event_json(event: "Recorded") -> EventShape:
    data = {key: value for key, value in event.data.items() if key not in ("root_id", "job_id")}
    return {
        "number": event.number,
        "run_id": str(event.root_id),
        "job_id": str(event.job_id),
        "at": iso_time(event.at),
        "type": event.type,
        "data": data,
    }
