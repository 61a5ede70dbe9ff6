"""Mistakes that are put into the code on purpose are found, and nothing is found in the code as it is."""

from dataclasses import replace

import pytest

from tests.crash.methods import CERTAIN, METHODS, Effort
from tests.crash.planted import AS_IT_IS, CLASSIC, OF_SEVERAL_WRITERS, PLANTS
from tests.places import Place

EFFORT = Effort(trials=2, histories=60)

FOUND_BY = {
    "count_in_second_transaction": ("every statement", "two sessions"),
    "spawn_after_completion": ("every statement", "two sessions"),
    "counter_read_before": ("two sessions",),
    "spawn_without_key": ("plain run", "two sessions", "random histories"),
    "settle_without_fence": ("two sessions",),
    "close_with_open_plan": ("every statement", "two sessions"),
    "settle_ignores_cancel": ("plain run", "two sessions"),
    "tolerance_at_the_end": ("plain run", "two sessions"),
}
"""By what each must be found, every time. What chance finds beyond that is told by the soak."""

ON_POSTGRES = {
    "settle_without_lock": ("two sessions",),
    "claim_from_memory": ("two sessions",),
    "commit_done_again": ("lost answers",),
}
"""The same for those that only several writers can have."""

CRAWL = replace(EFFORT, scenarios=("crawl",))
CLEAN = [
    ("plain run", EFFORT),
    ("two sessions", EFFORT),
    ("every statement", CRAWL),
    ("random kill", CRAWL),
    ("stop past the lease", CRAWL),
]


def test_every_planted_mistake_must_be_found_by_something_that_needs_no_luck() -> None:
    assert set(FOUND_BY) == set(PLANTS) >= set(CLASSIC)
    assert set(ON_POSTGRES) == set(OF_SEVERAL_WRITERS)
    all_of_them = {**FOUND_BY, **ON_POSTGRES}
    assert all(methods and set(methods) <= set(CERTAIN) for methods in all_of_them.values())


@pytest.mark.parametrize(
    ("plant", "method"), [(plant, method) for plant, methods in FOUND_BY.items() for method in methods]
)
def test_a_planted_mistake_is_found(place: Place, plant: str, method: str) -> None:
    assert METHODS[method](plant, replace(EFFORT, backend=place.name)) != ""


@pytest.mark.only("postgres", reason="sessions")
@pytest.mark.parametrize(
    ("plant", "method"), [(plant, method) for plant, methods in ON_POSTGRES.items() for method in methods]
)
def test_a_mistake_that_only_several_writers_can_have_is_found(place: Place, plant: str, method: str) -> None:
    assert METHODS[method](plant, replace(EFFORT, backend=place.name)) != ""


@pytest.mark.parametrize(("method", "effort"), CLEAN, ids=[method for method, _ in CLEAN])
def test_nothing_is_found_where_nothing_is_planted(place: Place, method: str, effort: Effort) -> None:
    assert METHODS[method](AS_IT_IS, replace(effort, backend=place.name)) == ""


@pytest.mark.only("postgres", reason="sessions")
def test_no_answer_to_a_commit_that_is_lost_is_missed(place: Place) -> None:
    assert METHODS["lost answers"](AS_IT_IS, replace(CRAWL, backend=place.name)) == ""
