"""What is new: the events of several runs at once, from where a reader is."""

from collections.abc import Mapping, Sequence
from functools import partial

import msgspec

from quaero.models.event import JobCancelled, JobCompleted, JobFailed, Recorded
from quaero.models.feed_position import FeedPosition, RunNews
from quaero.models.job import JobState
from quaero.store.rows import recorded_of, to_json
from quaero.store.transaction import Reader

SETTLED_MS = 10_000
"""No launch takes longer than that from the id of its run to the commit: what is older shows in the order of ids."""
MOST_RUNS = 1_000
WINDOW = 50_000
"""How many events of a run one statement looks at, to find those of its parent jobs."""

END_TYPES = (JobCompleted.type, JobFailed.type, JobCancelled.type)


class News(msgspec.Struct, frozen=True):
    """New events, those of a run together and in order, and where a reader is who has them.

    `gone`: runs that the reader followed and that are deleted. `lost`: events were missed that are no longer kept, or
    the reader has seen more than there is. `complete`: there is no more for now. `ahead`: he was ahead of where he
    wanted to read up to, so nothing was read.
    """

    events: tuple[Recorded, ...]
    position: FeedPosition
    complete: bool = True
    gone: frozenset[int] = frozenset()
    lost: bool = False
    ahead: bool = False


def feed_position(reader: Reader, now: int) -> FeedPosition:
    """Where a reader of all runs is who wants what comes from now on."""
    newest = reader.rows("newest_runs", limit=MOST_RUNS)
    settled = [run_id for run_id, created_at in newest if created_at <= now - SETTLED_MS]
    mark = settled[0] if settled else newest[-1][0] - 1 if newest else 0
    runs = _universe(reader, FeedPosition(mark, {}))
    return FeedPosition(mark, _to_name(runs, {run.run_id: run.last_event for run in runs}, mark))


def position_in(reader: Reader, run_ids: Sequence[int], whole: FeedPosition) -> FeedPosition:
    """What a position in all runs means for a reader of these alone; those that are gone are left out."""
    runs = _universe(reader, FeedPosition(None, dict.fromkeys(run_ids, 0)))
    return FeedPosition(
        None, {run.run_id: whole.reached(run, partial(_first_end, reader, run.run_id)) for run in runs}
    )


def news(
    reader: Reader,
    since: FeedPosition,
    until: FeedPosition | None,
    now: int,
    parents_only: bool,
    limit: int,
) -> News:
    """The events after `since` up to `until` (None: all there are), no more than `limit`.

    `parents_only`: those that are about a run or a parent job.
    """
    if since.mark is not None and until is not None and since.mark > (until.mark or 0):
        [(newest, _)] = reader.rows("newest_runs", limit=1) or [(0, 0)]
        return News((), since, ahead=True) if newest >= since.mark else News((), until, lost=True)
    runs, whole = _at_once(_universe(reader, since, until), since.mark)
    gone = since.named.keys() - {run.run_id for run in runs} if whole else set()
    named = {run_id: number for run_id, number in since.named.items() if run_id not in gone}
    found: list[Recorded] = []
    ways = [(run, *_way(reader, run, since, until)) for run in runs]
    if any(end < place <= run.last_event for run, place, end in ways):
        return News((), since, ahead=True)
    lost = False
    for run, start, end in ways:
        place = start
        if place > end or place < min(run.pruned, end):
            lost, place = True, end
        while place < end and len(found) < limit:
            events, place = _next_events(reader, run.run_id, place, end, parents_only, limit - len(found))
            found += events
        named[run.run_id] = place
        if place < end:
            return News(tuple(found), FeedPosition(since.mark, named), False, frozenset(gone), lost)
    if whole and until is not None and since.mark is not None:
        position = until.without(gone)
    else:
        mark = _mark_after(runs, since.mark, None if whole else runs[-1].run_id, now)
        position = FeedPosition(mark, named if mark is None else _to_name(runs, named, mark))
    return News(tuple(found), position, whole, frozenset(gone), lost)


def _way(reader: Reader, run: RunNews, since: FeedPosition, until: FeedPosition | None) -> tuple[int, int]:
    """From which number to which a reader has to read the events of a run."""
    first_end = partial(_first_end, reader, run.run_id)
    end = run.last_event if until is None else min(run.last_event, until.reached(run, first_end))
    return since.reached(run, first_end), end


def _at_once(runs: list[RunNews], mark: int | None) -> tuple[list[RunNews], bool]:
    """So many of the runs that none is missing between them, by id; whether those are all."""
    new = [run.run_id for run in runs if mark is not None and run.run_id > mark]
    if len(new) < MOST_RUNS:
        return runs, True
    return [run for run in runs if run.run_id <= new[MOST_RUNS - 1]], False


def _mark_after(runs: Sequence[RunNews], mark: int | None, at_least: int | None, now: int) -> int | None:
    if mark is None:
        return None
    return max(mark, at_least or 0, *(run.run_id for run in runs if run.created_at <= now - SETTLED_MS), 0)


def _to_name(runs: Sequence[RunNews], reached: Mapping[int, int], mark: int) -> dict[int, int]:
    """Of these runs those that may move again, or are too new to be sure, or are not at their end."""
    return {
        run.run_id: reached[run.run_id]
        for run in runs
        if not run.final or run.reopened or run.run_id > mark or reached[run.run_id] < run.last_event
    }


def _universe(reader: Reader, since: FeedPosition, until: FeedPosition | None = None) -> list[RunNews]:
    """The runs that may have news for a reader at this position, or had some at the other."""
    if since.mark is None:
        rows = reader.rows("news_of_runs", known=to_json(sorted(since.named)))
    else:
        known = to_json(sorted(since.named.keys() | (until.named.keys() if until is not None else set())))
        rows = reader.rows("runs_with_news", known=known, newest=since.mark, limit=MOST_RUNS)
    return [
        RunNews(run_id, last_event, pruned, JobState(state).final, reopened, created_at)
        for run_id, last_event, pruned, state, reopened, created_at in rows
    ]


def _next_events(
    reader: Reader, run_id: int, after: int, end: int, parents_only: bool, limit: int
) -> tuple[list[Recorded], int]:
    """Some events, and the number up to which there are no others."""
    name = "parent_events_between" if parents_only else "events_between"
    up_to = min(end, after + WINDOW)
    rows = reader.rows(name, root_id=run_id, after=after, up_to=up_to, limit=limit)
    events = [recorded_of(row) for row in rows]
    return events, up_to if len(events) < limit else events[-1].number


def _first_end(reader: Reader, run_id: int) -> int:
    rows = reader.rows("first_end_event", root_id=run_id, types=to_json(END_TYPES))
    return int(rows[0][0]) if rows else 0
