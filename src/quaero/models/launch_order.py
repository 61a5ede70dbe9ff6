"""The order in which a definition runs with those that it names in `pre_jobs` and `post_jobs`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from quaero.models.definition import JobDefinition
from quaero.models.errors import ConflictError

Neighbours = Callable[[str], Iterable[str]]


@dataclass(frozen=True, slots=True)
class LaunchOrder:
    """The definitions that run before and after one, in their order; each of them once."""

    before: tuple[JobDefinition, ...]
    after: tuple[JobDefinition, ...]


def find_cycle(start: str, neighbours: Neighbours) -> tuple[str, ...]:
    """A way along the neighbours from an id back to itself, that id first and last; () if `start` leads to none."""
    way: list[str] = []
    finished: set[str] = set()
    ahead = [iter((start,))]
    while ahead:
        each = next(ahead[-1], None)
        if each is None:
            ahead.pop()
            if way:
                finished.add(way.pop())
        elif each in way:
            return (*way[way.index(each) :], each)
        elif each not in finished:
            way.append(each)
            ahead.append(iter(tuple(neighbours(each))))
    return ()


def named_by(definition: JobDefinition) -> tuple[str, ...]:
    """The ids of the definitions that it runs before and after itself."""
    return (*definition.pre_jobs, *definition.post_jobs)


def check_no_circle(definition_id: str, neighbours: Neighbours) -> None:
    """`ConflictError` if a definition leads back to itself; it spells out the way."""
    if circle := find_cycle(definition_id, neighbours):
        raise ConflictError(
            f"these definitions run each other in a circle: {' -> '.join(circle)}",
            where=definition_id,
            remedy="Take one of them out of pre_jobs or post_jobs",
        )


def launch_order(definition: JobDefinition, known: Mapping[str, JobDefinition]) -> LaunchOrder:
    """What runs before and after the definition, as all of them name each other.

    One that is reached on several ways runs once, where it suits all of them: before everyone who names it in
    `pre_jobs` and after everyone who names it in `post_jobs`. Raises `ConflictError` when that cannot be, for a
    circle, and for a named definition that is unknown or switched off.
    """
    known = {**known, definition.id: definition}
    check_no_circle(definition.id, lambda each: named_by(known[each]) if each in known else ())
    chain = _chain(definition, known)
    needs = _needs(chain)
    circle = next(filter(None, (find_cycle(each, lambda name: sorted(needs[name])) for each in needs)), None)
    if circle:
        raise ConflictError(
            f"these definitions would have to wait for each other: {' -> '.join(circle)}",
            where=definition.id,
            remedy="Take one of them out of pre_jobs or post_jobs",
        )
    ordered: list[JobDefinition] = []
    done: set[str] = set()
    while len(ordered) < len(chain):
        following = next(each for each in chain if each.id not in done and needs[each.id] <= done)
        ordered.append(following)
        done.add(following.id)
    place = ordered.index(definition)
    return LaunchOrder(tuple(ordered[:place]), tuple(ordered[place + 1 :]))


def _chain(definition: JobDefinition, known: Mapping[str, JobDefinition]) -> list[JobDefinition]:
    """All that are reached, each at its first place if everyone ran right before or after who names it."""
    chain: list[JobDefinition] = []
    opened: set[str] = set()
    ahead = [(definition, False)]
    while ahead:
        each, is_open = ahead.pop()
        if is_open:
            chain.append(each)
        elif each.id not in opened:
            opened.add(each.id)
            before = [(_named(each, "pre_jobs", name, known), False) for name in each.pre_jobs]
            after = [(_named(each, "post_jobs", name, known), False) for name in each.post_jobs]
            ahead += [*reversed(after), (each, True), *reversed(before)]
    return chain


def _named(namer: JobDefinition, key: str, name: str, known: Mapping[str, JobDefinition]) -> JobDefinition:
    if name not in known:
        raise ConflictError(
            f'there is no definition "{name}", which {key} names',
            where=namer.id,
            remedy="Import it: quaero definitions import FILE",
        )
    if not known[name].enabled:
        raise ConflictError(
            f'the definition "{name}", which {key} names, is switched off',
            where=namer.id,
            remedy=f"Switch it on: quaero definitions enable {name}",
        )
    return known[name]


def _needs(chain: Sequence[JobDefinition]) -> dict[str, set[str]]:
    """By id, those that must have run before."""
    needs = {each.id: set(each.pre_jobs) for each in chain}
    for each in chain:
        for name in each.post_jobs:
            needs[name].add(each.id)
    return needs
