"""Two sessions on one database, scripted: one stops before a chosen statement, the other does something meanwhile.

Whatever they do, it must have come out as if one had gone after the other, with every invariant kept, also while the
first one stands still; and the trees must be able to come to their end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Any

from quaero.models.errors import QuaeroError
from quaero.store.check import check
from quaero.store.store import Store
from tests.crash.bases import Base, finish, illegal
from tests.crash.contents import TABLES, Contents
from tests.crash.desks import Desk, Session
from tests.crash.stepper import SECONDS

Act = Callable[[Store, Base], Awaitable[Any]]

BUSY = object()
"""The answer of a claim that found others at every run: it is to look again."""


@dataclass(frozen=True, slots=True)
class Transition:
    """Something that a session can do to the base's tree.

    `repeats`: it looks again after its transaction whether there is more to do, and so takes in what others did.
    `chooses`: on PostgreSQL it leaves out the runs that others are at, if there is another one; then what comes of it
    is like no order, and must be sound.
    """

    name: str
    act: Act
    repeats: bool = False
    chooses: bool = False


@dataclass(frozen=True, slots=True)
class Launched:
    """The answer of a launch."""

    run_id: int


class Violation(Exception):
    """What two sessions did is not what they would have done one after the other."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the two answered, and what is stored then."""

    answers: list[object]
    stored: Contents


class Bench:
    """Runs pairs of transitions from the bases, one after the other and at once.

    What is stored after a pair is judged once, however many ways lead there.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.cases = 0
        self.statements: dict[tuple[str, str], list[str]] = {}
        self._serial: dict[tuple[str, str, str, bool], Outcome] = {}
        self._judged: set[int] = set()

    async def serial(
        self, base: Base, first: Transition, second: Transition, *, again: bool = False
    ) -> Outcome:
        """Do one after the other, and the first one once more if `again`. Notes the statements of the first one."""
        key = (base.name, first.name, second.name, again)
        if key not in self._serial:
            async with self.desk.sessions(base) as (a, b):
                answers = [await result_of(first.act(a.store, base))]
                self.statements[base.name, first.name] = list(a.stepper.names)
                answers.append(await result_of(second.act(b.store, base)))
                if again:
                    await result_of(first.act(a.store, base))
                outcome = self._serial[key] = self._outcome(answers)
                await self._judge(a.store, outcome)
            self.cases += 1
        return self._serial[key]

    async def at_once(
        self, base: Base, first: Transition, second: Transition, k: int, *, in_turn: bool = False
    ) -> None:
        """The first stops before its k-th statement while the second goes on, as far as it can.

        `in_turn`: from there each of them does one statement after the other one did one.
        """
        swapped = await self.serial(base, second, first)
        possible = [await self.serial(base, first, second), Outcome(swapped.answers[::-1], swapped.stored)]
        if first.repeats:
            possible.append(await self.serial(base, first, second, again=True))
        async with asyncio.timeout(SECONDS), self.desk.sessions(base) as (a, b):
            a.stepper.stop_before(k)
            ahead = asyncio.ensure_future(result_of(first.act(a.store, base)))
            await _first_of(ahead, a.stepper.stands.wait())
            if in_turn:
                b.stepper.stop_before(1)
            behind = asyncio.ensure_future(result_of(second.act(b.store, base)))
            await self._moved(b, behind)
            seen = await b.store.backend.read(check)
            if in_turn:
                await self._take_turns((b, behind), (a, ahead))
            a.stepper.release()
            answers = [await _told(first, a, base, ahead), await _told(second, b, base, behind)]
            outcome = self._outcome(answers)
            if outcome not in possible:
                await self._judge(a.store, outcome)
        self.cases += 1
        if seen:
            raise Violation(f"while the first stood still: {seen[0].invariant}: {seen[0].text}")
        if outcome not in possible and not (self.desk.moves_both and (first.chooses or second.chooses)):
            raise Violation(f"no order of the two gives this: {_difference(outcome, possible)}")

    async def _moved(self, session: Session, work: "asyncio.Future[Any]") -> bool:
        """Until the session stands before a statement, has ended, or waits for the other one; False: that."""
        locked = asyncio.ensure_future(self.desk.until_locked(session))
        await _first_of(work, session.stepper.stands.wait(), locked)
        return work.done() or session.stepper.stands.is_set()

    async def _take_turns(self, *both: tuple[Session, "asyncio.Future[Any]"]) -> None:
        """A step of each in turn until both have ended. Who waits for the other one has no turn."""
        while not all(work.done() for _, work in both):
            stuck = 0
            for session, work in both:
                if session.stepper.stands.is_set():
                    session.stepper.step()
                stuck += not await self._moved(session, work)
            if stuck == len(both):
                self.desk.deadlocks += 1
                for session, _ in both:
                    session.stepper.release()
                await asyncio.gather(*(work for _, work in both))

    def _outcome(self, answers: list[object]) -> Outcome:
        stored = self.desk.contents()
        return Outcome([_named(answer, stored) for answer in answers], stored)

    async def _judge(self, store: Store, outcome: Outcome) -> None:
        stored = hash(outcome.stored)
        if stored not in self._judged:
            await _must_be_sound(store)
            await finish(store)
            await _must_be_sound(store)
            self._judged.add(stored)


async def _must_be_sound(store: Store) -> None:
    wrong = [f"{finding.invariant}: {finding.text}" for finding in await store.backend.read(check)]
    wrong += await illegal(store)
    if wrong:
        raise Violation(wrong[0])


def _difference(outcome: Outcome, possible: list[Outcome]) -> str:
    """What differs from the order that comes nearest."""
    return min(("; ".join(_differences(outcome, other)) for other in possible), key=len)[:2_000]


def _differences(outcome: Outcome, other: Outcome) -> Iterator[str]:
    if outcome.answers != other.answers:
        yield f"the answers {outcome.answers}, not {other.answers}"
    for table in TABLES:
        here, there = (set(each.stored.rows[table]) for each in (outcome, other))
        if here != there:
            yield f"{table} {sorted(here - there)}, not {sorted(there - here)}"


async def _told(transition: Transition, session: Session, base: Base, work: "asyncio.Future[Any]") -> object:
    """Its answer; who was told to look again looks again, now that the other one is through."""
    answer = await work
    if answer is not BUSY:
        return answer
    session.stepper.release()
    return await result_of(transition.act(session.store, base))


async def result_of(work: Awaitable[Any]) -> object:
    """What came of it; a refusal is a result, any other error is not."""
    try:
        found = await work
    except QuaeroError as error:
        return type(error).__name__
    if getattr(found, "busy", False):
        return BUSY
    jobs = getattr(found, "jobs", None)
    return found if jobs is None else [(job.id, job.lease_number) for job in jobs]


def _named(answer: object, stored: Contents) -> object:
    """The answer with names in the place of ids."""
    if isinstance(answer, Launched):
        return stored.names.get(answer.run_id, answer.run_id)
    if isinstance(answer, list):
        return [(stored.names.get(job_id, job_id), number) for job_id, number in answer]
    return answer


async def _first_of(
    work: "asyncio.Future[Any]", *others: "Coroutine[Any, Any, Any] | asyncio.Future[Any]"
) -> None:
    waiting = [asyncio.ensure_future(other) for other in others]
    await asyncio.wait([work, *waiting], return_when=asyncio.FIRST_COMPLETED)
    for each in waiting:
        each.cancel()
