"""The order of definitions that name each other: every wish holds, each runs once, circles are spelled out."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quaero.models.definition import JobDefinition, JobStep
from quaero.models.errors import ConflictError
from quaero.models.launch_order import find_cycle, launch_order


def definition(name: str, before: str = "", after: str = "", *, enabled: bool = True) -> JobDefinition:
    """Runs the definitions of these one-letter names before and after itself."""
    step = JobStep("step", "reindex")
    return JobDefinition(name, name, (step,), pre_jobs=tuple(before), post_jobs=tuple(after), enabled=enabled)


def order(first: JobDefinition, *others: JobDefinition) -> str:
    """The order as a text: `b[a]c` runs b, then a, which is launched, then c."""
    found = launch_order(first, {each.id: each for each in others})
    before, after = ("".join(each.id for each in group) for group in (found.before, found.after))
    return f"{before}[{first.id}]{after}"


def refusal(first: JobDefinition, *others: JobDefinition) -> str:
    with pytest.raises(ConflictError) as caught:
        order(first, *others)
    return caught.value.line()


def test_a_definition_alone_runs_alone() -> None:
    assert order(definition("a")) == "[a]"


def test_what_is_named_runs_before_and_after_in_the_order_of_the_names() -> None:
    others = [definition(name) for name in "bcde"]
    assert order(definition("a", "cb", "ed"), *others) == "cb[a]ed"


def test_what_is_named_brings_what_it_names() -> None:
    others = definition("b", "d", "e"), definition("c", "f", "g"), *map(definition, "defg")
    assert order(definition("a", "b", "c"), *others) == "dbe[a]fcg"


def test_what_is_reached_twice_runs_once() -> None:
    others = definition("b", "d"), definition("c", "d"), definition("d")
    assert order(definition("a", "bc"), *others) == "dbc[a]"


def test_what_two_name_to_run_after_them_waits_for_both() -> None:
    others = definition("b", "", "d"), definition("c", "", "d"), definition("d")
    assert order(definition("a", "bc"), *others) == "bcd[a]"


def test_what_one_needs_before_and_another_wants_after_suits_both() -> None:
    assert order(definition("a", "bc"), definition("b", "", "c"), definition("c")) == "bc[a]"


def test_a_circle_is_spelled_out() -> None:
    line = refusal(definition("a", "b"), definition("b", "", "c"), definition("c", "a"))
    assert "in a circle: a -> b -> c -> a." in line


def test_a_circle_behind_the_first_is_found_too() -> None:
    line = refusal(definition("a", "b"), definition("b", "", "c"), definition("c", "b"))
    assert "in a circle: b -> c -> b." in line


def test_nothing_runs_both_before_and_after_another() -> None:
    line = refusal(definition("a", "b", "c"), definition("b", "c"), definition("c"))
    assert "would have to wait for each other: c -> a -> b -> c." in line


def test_one_that_is_unknown_is_named() -> None:
    assert refusal(definition("a", "", "b")) == (
        'a: there is no definition "b", which post_jobs names. Import it: quaero definitions import FILE'
    )


def test_one_that_is_switched_off_is_named() -> None:
    line = refusal(definition("a", "b"), definition("b", "c"), definition("c", enabled=False))
    assert line.startswith('b: the definition "c", which pre_jobs names, is switched off.')


@st.composite
def families(draw: st.DrawFn) -> list[JobDefinition]:
    """Definitions that name only later ones, so that there is no circle."""
    names = "abcdefg"
    family = []
    for number, name in enumerate(names):
        later = draw(st.lists(st.sampled_from(names[number + 1 :]), unique=True)) if name != "g" else []
        cut = draw(st.integers(0, len(later)))
        family.append(definition(name, "".join(later[:cut]), "".join(later[cut:])))
    return family


@given(families())
def test_an_order_holds_every_wish_and_everyone_once(family: list[JobDefinition]) -> None:
    known = {each.id: each for each in family}
    if wait_for_each_other(family[0], known):
        assert "would have to wait for each other" in refusal(*family)
        return
    found = launch_order(family[0], known)
    ids = [each.id for each in (*found.before, family[0], *found.after)]
    assert len(set(ids)) == len(ids)
    for each in map(known.__getitem__, ids):
        place = ids.index(each.id)
        assert all(ids.index(name) < place for name in each.pre_jobs)
        assert all(ids.index(name) > place for name in each.post_jobs)


@given(st.dictionaries(st.integers(0, 6), st.lists(st.integers(0, 6)), max_size=7))
def test_a_cycle_is_a_way_along_the_neighbours_and_found_when_there_is_one(
    graph: dict[int, list[int]],
) -> None:
    edges = {str(node): [str(each) for each in others] for node, others in graph.items()}
    cycle = find_cycle("0", lambda node: edges.get(node, ()))
    assert all(after in edges[before] for before, after in pairwise(cycle))
    assert bool(cycle) == has_cycle("0", edges)
    assert not cycle or cycle[0] == cycle[-1]


def wait_for_each_other(first: JobDefinition, known: dict[str, JobDefinition]) -> bool:
    """Whether the wishes of all that are reached contradict each other."""
    names = {each.id: [*each.pre_jobs, *each.post_jobs] for each in known.values()}
    needs: dict[str, list[str]] = {}
    for name in reached([first.id], names):
        needs.setdefault(name, []).extend(known[name].pre_jobs)
        for after in known[name].post_jobs:
            needs.setdefault(after, []).append(name)
    return any(has_cycle(name, needs) for name in needs)


def has_cycle(start: str, edges: dict[str, list[str]]) -> bool:
    """Whether some id that is reached from the start reaches itself, by brute force."""
    return any(node in reached(edges.get(node, []), edges) for node in reached([start], edges))


def reached(starts: list[str], edges: dict[str, list[str]]) -> set[str]:
    found: set[str] = set()
    ahead = list(starts)
    while ahead:
        node = ahead.pop()
        if node not in found:
            found.add(node)
            ahead += edges.get(node, [])
    return found


def test_a_very_long_chain_is_no_trouble() -> None:
    chain = {str(number): [str(number + 1)] for number in range(5_000)}
    assert find_cycle("0", lambda node: chain.get(node, ())) == ()
    assert len(find_cycle("0", lambda node: chain.get(node, ["0"]))) == 5_002
