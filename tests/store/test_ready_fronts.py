"""A claim on PostgreSQL begins where the last one found the first waiting job, and looks back in time."""

from quaero.models.job import ChildJob
from quaero.store.postgres.ready import LOOK_BACK_MS, READY, START, Fronts
from quaero.store.store import Store
from quaero.store.transaction import Answer
from tests.store.tree import claim, launch

PARENT = 7


class Queue:
    """Waiting jobs of one parent, as (priority, when, id), asked for as the statement does."""

    def __init__(self, *places: tuple[int, int, int]) -> None:
        self.places = list(places)
        self.asked_from: list[int] = []

    def __call__(self, name: str, **parameters: int) -> Answer:
        assert name == READY
        start = parameters["from_priority"], parameters["from_run_at"], parameters["from_id"]
        self.asked_from.append(parameters["from_id"])
        found = sorted(place for place in self.places if place >= start)[: parameters["limit"]]
        return lambda: [(job_id, "type", None, False, priority, at) for priority, at, job_id in found]

    def take(self, fronts: Fronts, limit: int, ticks: int = 0) -> list[int]:
        """Claim so many; their ids."""
        rows = fronts.ask(self, ticks, {"parent_id": PARENT, "limit": limit})()
        ids = [row[0] for row in rows]
        self.places = [place for place in self.places if place[2] not in ids]
        return ids


def test_the_next_claim_begins_where_the_last_one_did() -> None:
    queue, fronts = Queue(*((0, 0, job_id) for job_id in range(1, 10))), Fronts()

    assert [queue.take(fronts, 3) for _ in range(3)] == [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    assert queue.asked_from == [0, 1, 4]


def test_a_claim_that_would_get_too_little_begins_at_the_front() -> None:
    queue, fronts = Queue(*((0, 0, job_id) for job_id in range(3, 8))), Fronts()
    queue.take(fronts, 2)
    queue.take(fronts, 2)
    queue.places.append((0, 0, 1))

    assert queue.take(fronts, 2) == [1, 7]


def test_a_job_that_was_put_back_before_the_place_is_passed_over_for_a_while_only() -> None:
    queue, fronts = Queue(*((0, 0, job_id) for job_id in range(2, 20))), Fronts()
    queue.take(fronts, 4)
    queue.places.append((-5, 0, 1))

    assert queue.take(fronts, 4, ticks=LOOK_BACK_MS - 1) == [6, 7, 8, 9]
    assert queue.take(fronts, 4, ticks=LOOK_BACK_MS) == [1, 10, 11, 12]


def test_a_parent_with_too_little_waiting_is_not_remembered() -> None:
    queue, fronts = Queue((0, 0, 1), (0, 0, 2)), Fronts()
    queue.take(fronts, 4)
    queue.places.append((0, 0, 3))

    assert queue.take(fronts, 4) == [3]
    assert queue.asked_from == [START["from_id"]] * 2


async def test_an_urgent_job_comes_first_as_soon_as_it_is_planned(store: Store) -> None:
    _, parent = await launch(store)
    usual = [ChildJob("scripted", f"usual {number}", {}) for number in range(6)]
    await store.add_planned(parent, usual, last=False)
    await claim(store, limit=2)
    await store.add_planned(parent, [ChildJob("scripted", "urgent", {}, priority=-1)], last=True)

    assert [job.name for job in await claim(store, limit=2)] == ["urgent", "usual 2"]
